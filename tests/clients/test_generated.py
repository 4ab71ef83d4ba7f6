"""A client that a public generator makes of the contract works against the real bank: no program needs ours."""

from __future__ import annotations

import importlib
import pkgutil
import re
import shlex
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

import pytest

from creditbank.demo.bootstrap import ADMINISTRATOR, Bootstrap
from tests.clients.conftest import Town, somebody, training

ROOT = Path(__file__).parents[2]
NAME = "generated_bank"


GUIDE = (ROOT / "docs" / "client.md").read_text("utf-8").split("\n## 用别的语言")[1].split("\n## ")[0]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The package, generated of what is published as its guide says; a warning of the generator is a failure."""
    pytest.importorskip("openapi_python_client", reason="the generator is not installed")
    folder = tmp_path_factory.mktemp("generated")
    (block,) = re.findall(r"```sh\nopenapi-python-client (.*?)```", GUIDE, re.DOTALL)
    asked = shlex.split(block.replace("\\\n", " ").replace(f" {NAME}", f" {folder / NAME}"))
    command = [sys.executable, "-m", "openapi_python_client", *asked, "--fail-on-warning"]
    said = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd=ROOT)
    assert said.returncode == 0, said.stdout[-3000:] + said.stderr[-3000:]
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module(NAME)
    finally:
        sys.path.remove(str(folder))
        for name in [name for name in sys.modules if name.split(".")[0] == NAME]:
            del sys.modules[name]


def operation(tag: str, name: str) -> Any:
    """The function of an operation."""
    return importlib.import_module(f"{NAME}.api.{tag}.{name}")


def model(name: str) -> Any:
    """The class of a shape."""
    return getattr(importlib.import_module(f"{NAME}.models"), name)


def with_a_token(generated: ModuleType, town: Town, said: dict[str, str], **headers: str) -> Any:
    """A client that signs what it asks."""
    with generated.Client(base_url=town.bank.base_url) as anybody:
        given = operation("access", "token").sync(client=anybody, body=model("TokenBody").from_dict(said), **headers)
    assert given.token_type == "Bearer"
    return generated.AuthenticatedClient(base_url=town.bank.base_url, token=given.access_token)


def signed_in(generated: ModuleType, town: Town) -> Any:
    """A client of the college: its id and secret go by HTTP Basic."""
    basic = b64encode(":".join(town.credentials[town.college]).encode()).decode()
    return with_a_token(generated, town, {"grant_type": "client_credentials"}, authorization=f"Basic {basic}")


def row(**changes: Any) -> Any:
    said = {**training(somebody()), **changes}
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}
    return model("TrainingRow").from_dict(plain)


def test_every_module_of_it_can_be_imported(generated: ModuleType) -> None:
    named = [one.name for one in pkgutil.walk_packages(generated.__path__, f"{NAME}.")]
    for name in named:
        importlib.import_module(name)
    operations = [name for name in named if name.startswith(f"{NAME}.api.") and name.count(".") == 3]
    assert len(operations) > 150


def test_a_record_is_posted_once_and_shows_in_the_transcript(generated: ModuleType, town: Town) -> None:
    with signed_in(generated, town) as bank:
        post = operation("records", "post_record")
        sent = row()
        posted = post.sync_detailed(client=bank, body=sent, idempotency_key="generated-1")
        again = post.sync_detailed(client=bank, body=sent, idempotency_key="generated-1")
        assert (posted.status_code, posted.parsed.outcome) == (201, "deposited")
        assert again.parsed == posted.parsed
        assert again.headers["Idempotency-Replayed"] == "true"
        assert Decimal(posted.parsed.credits_) == 2

        record = operation("records", "read_record").sync(UUID(str(posted.parsed.record_id)), client=bank)
        transcript = operation("transcripts", "read_transcript").sync(record.learner_id, client=bank)
        (line,) = transcript.records
        assert (line.record_id, line.shown["title"], Decimal(line.credits_)) == (record.record_id, "焊接", 2)
        assert transcript.partial is True
        decision = operation("records", "read_decision").sync(line.decision_id, client=bank)
        assert (decision.verdict, decision.document) == ("granted", "deposit.training")
        changes = operation("changes", "read_changes").sync(client=bank, after=0)
        assert str(record.record_id) in str(changes.to_dict())


def test_the_block_of_the_guide_runs(generated: ModuleType, town: Town) -> None:
    client_id, client_secret = town.credentials[town.college]
    with town.client() as college:
        posted = college.post_record(training(somebody()))
        learner_id = UUID(college.record(str(posted.record_id))["learner_id"])
    (block,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names = {"client_id": client_id, "client_secret": client_secret, "bank": town.bank.base_url}
    exec(block, {**names, "b64encode": b64encode, "learner_id": learner_id}, found := {})
    assert len(found["transcript"].records) == 1


def test_a_refusal_comes_as_the_problem_of_the_contract(generated: ModuleType, town: Town) -> None:
    with signed_in(generated, town) as bank:
        late = operation("records", "post_record").sync_detailed(client=bank, body=row(occurred_on=date(2199, 1, 1)))
        assert late.status_code == 422
        assert (late.parsed.code, late.parsed.field) == ("date_in_the_future", "/occurred_on")
        nobody = UUID("0195532a-2222-7c11-9a51-0d3d3f5f2a10")
        absent = operation("transcripts", "read_transcript").sync_detailed(nobody, client=bank)
        assert (absent.status_code, absent.parsed.code) == (404, "not_found")
        claim = operation("claims", "read_claim").sync_detailed(nobody, client=bank)
        assert claim.status_code in (403, 404)


def test_pages_are_walked_and_a_batch_has_an_outcome_for_each_row(generated: ModuleType, town: Town) -> None:
    with signed_in(generated, town) as bank:
        page = operation("institutions", "list_institutions").sync(client=bank, limit=1)
        found = list(page.items)
        while page.next_cursor is not None:
            page = operation("institutions", "list_institutions").sync(client=bank, limit=1, cursor=page.next_cursor)
            found += page.items
        assert {"演示职业学院", "演示中专"} <= {one.name for one in found}
        batch = operation("records", "post_batch").sync(client=bank, body=model("BatchIn")(rows=[row(), row(hours=-1)]))
        assert [one.outcome for one in batch.outcomes] == ["deposited", "refused"]


def test_a_person_signs_in_with_a_password_and_asks_what_their_role_may(generated: ModuleType, town: Town) -> None:
    password = Bootstrap(town.bank.settings, town.bank.database_url).administrator()
    said = {"grant_type": "password", "username": ADMINISTRATOR, "password": password}
    with with_a_token(generated, town, said) as administrator:
        logins = operation("access", "list_logins").sync(client=administrator)
        assert "业务员" in {one.display_name for one in logins.logins}
        refused = operation("records", "post_record").sync_detailed(client=administrator, body=row())
        assert (refused.status_code, refused.parsed.status) == (403, 403)
