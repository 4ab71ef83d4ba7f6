"""A served bank with a college, a school and a certificate body that have clients, for the tests of the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from creditbank.demo.bootstrap import ADMINISTRATOR, Bootstrap
from creditbank.demo.people import check_character
from creditbank_client import Client
from tests.clients.served import Served, served
from tests.conftest import copied

SCOPES = [
    "records:write", "records:read", "learners:write", "learners:read", "transcripts:read", "changes:read",
    "catalogue:write",
]  # fmt: skip
SINCE = date(2020, 9, 1)
_serial = count(1)


class Line(httpx.HTTPTransport):
    """The real way to the bank, on which something happens: `troubles` are taken one for each request, then none.

    A trouble is given the request and the way to send it on; it answers, or raises as a broken line does.
    """

    def __init__(self, *troubles: Callable[..., httpx.Response]) -> None:
        super().__init__()
        self.troubles = list(troubles)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/oauth/token":
            return super().handle_request(request)
        self.requests.append(request)
        if self.troubles:
            return self.troubles.pop(0)(request, super().handle_request)
        return super().handle_request(request)


@dataclass
class Town:
    """The served bank, its institutions with their credentials, and an officer."""

    bank: Served
    college: UUID
    school: UUID
    credentials: dict[UUID, tuple[str, str]]
    officer: Client

    def client(self, institution: UUID | None = None, **said: Any) -> Client:
        """A client of an institution, the college's if none is said."""
        return Client(self.bank.base_url, *self.credentials[institution or self.college], **said)


def somebody(student_no: str | None = None) -> dict[str, Any]:
    """Somebody nobody has heard of."""
    seventeen = f"13990020050{next(_serial) % 9 + 1}01{next(_serial):03d}"
    document = {"kind": "resident_id", "number": seventeen + check_character(seventeen)}
    return {"name": "演示某", "document": document} | ({"student_no": student_no} if student_no else {})


def training(learner: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A training of 32 hours, which is two credits."""
    said = {"kind": "training", "learner": learner, "title": "焊接", "hours": 32}
    return {**said, "started_on": date(2025, 3, 3), "occurred_on": date(2025, 3, 6), **changes}


@pytest.fixture(scope="module")
def town(run: Any, superuser: Any, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    for addresses in copied(run, superuser, template):
        with served(addresses, tmp_path_factory.mktemp("bank")) as bank:
            yield _furnished(bank)


def _furnished(bank: Served) -> Town:
    bootstrap = Bootstrap(bank.settings, bank.database_url)
    bootstrap.reference_data()
    with Client.of_person(bank.base_url, ADMINISTRATOR, bootstrap.administrator()) as administrator:
        login = {"login_name": "officer", "display_name": "业务员", "roles": ["officer"]}
        officer = Client.of_person(bank.base_url, "officer", administrator.post("/v1/logins", login)["password"])
        credentials = {}
        for kind, name in (("higher_vocational", "演示职业学院"), ("secondary_vocational", "演示中专")):
            institution_id = uuid4()
            profile = {"kind": kind, "name": name, "valid_from": SINCE, "demo": True}
            officer.put_institution(institution_id, profile)
            asked = {"institution_id": institution_id, "name": "测试", "scopes": SCOPES}
            given = administrator.post("/v1/clients", asked)
            credentials[institution_id] = (given["client_id"], given["client_secret"])
    college, school = credentials
    return Town(bank, college, school, credentials, officer)
