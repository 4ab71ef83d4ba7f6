"""What is another's looks like what is not there on every page and to every form, by address and by what is typed."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx
import pytest

from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor, Reach
from creditbank.identity.gate import SESSION_COOKIE
from creditbank.identity.page_permits import PAGES, PUBLIC_PAGES
from creditbank.identity.permit import ROLES, Permit
from tests.house.test_strangers_learn_nothing import PARAMETER, Bank, bank
from tests.open_bank import person
from tests.portal.place import HERE

__all__ = ["bank"]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PUBLIC = "/desk/pathways/{pathway_id}"
"""Agreements are read by everybody who is at a desk: a form that is refused stands on their page."""
ELSEWHERE = ("/roster", "/score-sheet", "/reviews/{review_id}/closing")
"""Forms that are refused for what they lack before anybody asks whose they are about: tested with their part."""


@asynccontextmanager
async def at(bank: Bank, actor: Actor, origin: str = HERE) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that holds somebody's session."""
    transport = httpx.ASGITransport(bank.open.app, client=("203.0.113.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url=HERE, headers={"Origin": origin}) as http:
        http.cookies.set(SESSION_COOKIE, bank.open.app.state.tokens.issue(actor, at=datetime.now(UTC)))
        yield http


def typed(bank: Bank, *, there: bool) -> bytes:
    """What forms ask for, all at once: ids of the college's things, or of nothing."""
    ids = {name: str(bank.named(name, there=there)) for name in ("learner_id", "record_id", "plan_id")}
    line = {"record_ids": [ids["record_id"]], "course_code": "C102"}
    said = {
        "key": str(new_id()), "sure": "yes", "reason": "试", "words": "试", "evidence": "试", "upheld": "true",
        "outcome": "approved", "lines": "1", "step": bank.known["step"], "learner": ids["learner_id"],
        "record_ids": ids["record_id"], "plan_id": ids["plan_id"], "course_code": "C102", "line": json.dumps(line),
        "message_id": ids["learner_id"], "parts": "1", "purpose": "transcript",
        "institution_id": bank.school, "given": "yes", "until": "2030-12-31", "kind": "appeal",
    }  # fmt: skip
    return urlencode(said).encode()


def about_something() -> Iterator[tuple[str, str, Permit]]:
    """Pages and forms about a thing that belongs to somebody."""
    for (method, path), permit in PAGES.items():
        own = path.startswith("/my/") and path not in ("/my/password", "/my/notices")
        if (PARAMETER.search(path) or own) and not path.startswith(PUBLIC) and not path.endswith(ELSEWHERE):
            yield method, path, permit


async def asked(bank: Bank, http: httpx.AsyncClient, method: str, path: str, *, there: bool) -> httpx.Response:
    address = PARAMETER.sub(lambda found: str(bank.named(found[1], there=there)), path)
    if method == "POST":
        # A text of rules has a form of few fields.
        content = urlencode({"key": str(new_id()), "text": "x"}) if path.endswith("/text") else typed(bank, there=there)
        return await http.post(address, content=content, headers=FORM)
    mine = f"?learner={bank.named('learner_id', there=there)}" if path.startswith("/my") else ""
    return await http.get(f"{address}{mine}")


async def test_what_is_anothers_looks_like_what_is_not_there(bank: Bank) -> None:
    heard = 0
    for role in ROLES:
        stranger = person(role, institution_id=bank.school, learner_id=new_id() if role == "learner" else None)
        async with at(bank, stranger) as http:
            for method, path, permit in about_something():
                reach = permit.reach_of(stranger)
                if reach is None or Reach.ANY in reach:
                    continue
                there = await asked(bank, http, method, path, there=True)
                not_there = await asked(bank, http, method, path, there=False)
                assert there.status_code == not_there.status_code == 404, (role, method, path, there.status_code)
                assert said(there) == said(not_there), (role, method, path)
                heard += 1
    assert heard > 100


def said(answer: httpx.Response) -> str:
    """A page but for its own number and the ids that were asked for."""
    return re.sub(r"[0-9a-f]{16}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…", answer.text)


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
async def test_no_form_is_taken_from_another_site(bank: Bank, origin: str) -> None:
    forms = {path: permit for (method, path), permit in PAGES.items() if method == "POST"}
    for role in ROLES:
        whose = person(role, institution_id=bank.college, learner_id=bank.learner_id if role == "learner" else None)
        async with at(bank, whose, origin) as http:
            for path in [*forms, *(path for method, path in PUBLIC_PAGES if method == "POST")]:
                if path in forms and forms[path].reach_of(whose) is None:
                    continue
                address = PARAMETER.sub(lambda found: str(bank.named(found[1], there=True)), path)
                typed_in = await http.post(address, content=typed(bank, there=True), headers=FORM)
                with_file = await http.post(address, data={"key": "k"}, files={"file": ("a.csv", b"x")})
                assert (typed_in.status_code, with_file.status_code) == (403, 403), (role, path)
