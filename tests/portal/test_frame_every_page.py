"""Every page with every role: who may opens it, who may not is told so on a page, nobody is asked to sign in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from creditbank.identifiers import new_id
from creditbank.identity.actor import Actor
from creditbank.identity.gate import SESSION_COOKIE
from creditbank.identity.page_permits import PAGES, PUBLIC_PAGES
from creditbank.identity.permit import ROLES, Permit
from creditbank.portal.answering import CONTENT_SECURITY_POLICY
from creditbank.portal.navigation import ways_of
from tests.open_bank import person
from tests.portal.place import Portal, training
from tests.portal.test_pages import Structure
from tests.records.town import course_row


async def known(portal: Portal) -> tuple[dict[str, str], dict[str, Actor]]:
    """The ids of a page's address that there is something for, and somebody of each role with something to look at."""
    learner_id = await portal.learner()
    (passed,) = await portal.town.post(course_row())
    await portal.town.post(training(title="<script>alert(1)</script>"))
    child = await portal.child(31, "演示小明")
    guardian = await portal.guardian(child)
    college = portal.town.college.institution_id
    people = {role: person(role, institution_id=college) for role in ROLES}
    people["learner"] = person("learner", learner_id=learner_id)
    people["guardian"] = Actor(name=f"login:{await guardian_login(portal)}", roles=frozenset({"guardian"}))
    assert guardian["login_name"]
    return {"record_id": str(passed.record_id), "learner_id": str(learner_id)}, people


async def guardian_login(portal: Portal) -> UUID:
    rows = await portal.town.sql("SELECT login_id FROM login WHERE 'guardian' = ANY(roles)")
    found: UUID = rows[0][0]
    return found


def pages() -> Iterator[tuple[str, Permit | None]]:
    """The addresses of pages that are read."""
    yield from ((path, permit) for (method, path), permit in PAGES.items() if method == "GET")
    yield from ((path, None) for method, path in PUBLIC_PAGES if method == "GET" and "/static/" not in path)


def address_of(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)(:\w+)?}", lambda found: ids.get(found[1], str(new_id())), path)


def is_sound(path: str, answer: httpx.Response, language: str) -> None:
    """What holds for whatever a page answers to whomever."""
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY, path
    assert answer.headers["cache-control"] == "no-store", path
    page = Structure(answer.text)
    assert page.open == [], path
    if "<!doctype html>" not in answer.text:
        return  # a part of a page
    assert page.headings.count(1) == 1, path
    assert page.all("html")[0]["lang"] == ("en" if language == "en" else "zh-CN"), path
    for before, after in zip(page.headings, page.headings[1:], strict=False):
        assert after <= before + 1, (path, page.headings)
    identifiers = [each["id"] for _, each in page.elements if "id" in each]
    assert len(identifiers) == len(set(identifiers)), path
    labelled = {each["for"] for each in page.all("label")}
    for kind in ("input", "select", "textarea"):
        for field in page.all(kind):
            named = field.get("type") == "hidden" or field.get("id") in labelled or "aria-label" in field
            assert named or "aria-labelledby" in field, (path, field)
    for _, each in page.elements:
        assert "style" not in each, path
        assert not any(key.startswith("on") for key in each), path
    assert "<script>" not in answer.text, path
    for form in page.all("form"):
        assert str(form.get("action", "/")).startswith("/"), path


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_with_every_role(portal: Portal, language: str) -> None:
    ids, people = await known(portal)
    seen: dict[str, Any] = {}
    for role, actor in people.items():
        async with portal.browser() as browser:
            browser.cookies.set(SESSION_COOKIE, portal.bank.app.state.tokens.issue(actor, at=datetime.now(UTC)))
            browser.cookies.set("creditbank_language", language)
            for path, permit in pages():
                answer = await browser.get(address_of(path, ids))
                if permit is not None and permit.reach_of(actor) is None:
                    assert answer.status_code == 403, (role, path)
                else:
                    # Of what their ids belong to nobody, or not to them, a page says that it is not there.
                    # An id that could be none, as a share's code, it says so.
                    fine = (200, 303, 404, 422) if "{" in path else (200, 303, 404)
                    assert answer.status_code in fine, (role, path, answer.status_code, answer.text[:400])
                    seen.setdefault(path, set()).add(answer.status_code)
                if answer.headers.get("content-type", "").startswith("text/html"):
                    is_sound(path, answer, language)
    # A page without an id in its address is there for somebody.
    hidden = [path for path, found in seen.items() if "{" not in path and ".xlsx" not in path and found == {404}]
    assert hidden == []


async def test_nobody_is_asked_to_sign_in_and_led_back(portal: Portal) -> None:
    async with portal.browser() as browser:
        for path, permit in pages():
            address = address_of(path, {})
            answer = await browser.get(address)
            if permit is None:
                assert answer.status_code in (200, 303, 404, 422), path
            else:
                assert answer.status_code == 303, path
                assert httpx.URL(answer.headers["location"]).params["then"] == address, path


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_the_ways_lead_where_they_may_go(portal: Portal, role: str) -> None:
    _, people = await known(portal)
    actor = people[role]
    ways = ways_of(actor, "/")
    async with portal.browser() as browser:
        browser.cookies.set(SESSION_COOKIE, portal.bank.app.state.tokens.issue(actor, at=datetime.now(UTC)))
        for way in ways:
            answer = await browser.get(way.address)
            assert answer.status_code in (200, 303), (role, way.address, answer.text[:400])
            if answer.status_code == 200:
                page = Structure(answer.text)
                here = [each for each in page.all("a") if each.get("aria-current") == "page"]
                assert way.address in [each["href"] for each in here], way.address


def test_a_way_keeps_the_child_a_guardian_looks_at_and_nothing_else() -> None:
    guardian, child = person("guardian"), new_id()
    assert ways_of(guardian, "/my/transcript", learner=str(child))[0].address.endswith(f"?learner={child}")
    assert "?" not in ways_of(guardian, "/my/transcript", learner="1&x=<script>")[0].address
    assert ways_of(None, "/", learner=None) == []
