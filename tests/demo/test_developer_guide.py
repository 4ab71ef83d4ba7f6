"""The guide for developers says what works: its commands run in the city, as the program of a training provider."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from creditbank.demo.city import institution
from tests.demo.opened import Opened

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "developer.md"
FILE = ROOT / "service" / "creditbank" / "demo" / "files" / "enterprise" / "港城装备培训班学员.csv"


def test_the_commands_of_the_guide_work_in_their_order(city: Opened, tmp_path: Path) -> None:
    client = city.file.client(institution("enterprise").name)
    assert client is not None
    shutil.copy(FILE, tmp_path / "培训.csv")
    said = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "BANK": city.bank.base_url,
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client["client_secret"],
    }
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    script = "set -euo pipefail\n" + "".join(blocks)
    done = subprocess.run(
        ["bash", "-c", script], check=False, capture_output=True, text=True, env=said, cwd=tmp_path, timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert '"status": "done"' in (tmp_path / "submitted.json").read_text("utf-8")
