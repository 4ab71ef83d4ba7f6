from pathlib import Path
from typing import Any
from tests.clients.served import served
from creditbank.demo import load, Bootstrap
from creditbank.demo.look_at import words

def test_it(addresses: Any, tmp_path: Path) -> None:
    with served(addresses, tmp_path) as bank:
        file = load(bank.base_url, Bootstrap(bank.settings, bank.database_url))
        print(words(file))
        print(file.path.read_text()[:3000])
