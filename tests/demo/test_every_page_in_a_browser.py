"""Every page of the portal is looked over in a browser: those that no other test opens, and whether any is left out."""

from __future__ import annotations

import os
from collections.abc import Iterable

import pytest
from starlette.routing import compile_path

from tests.demo.browsing import PHONE, At
from tests.portal.test_frame_every_page import pages

FOLDER = "pages"
NO_PAGES = frozenset({
    "/console/files/{submission_id}/progress", "/console/files/{submission_id}/report.xlsx",
    "/console/reconciliation.xlsx", "/design/progress", "/desk/rounds/{round_id}/filing.xlsx",
    "/my/account/personal-data.json", "/my/shares/{share_id}/{picture}", "/office/dashboard.xlsx",
})  # fmt: skip
"""Addresses that answer with a file, or with a part of a page."""


@pytest.mark.parametrize(
    ("login", "ways"),
    [
        (None, (("/verify",), ("/rules",), ("/rules", "/rules/"))),
        ("demo.officer", (
            ("/office/drafts/new",), ("/office/merges", "/office/merges/"), ("/office/hints", "/office/hints/"),
            ("/office/institutions", "/office/institutions/"), ("/desk/cohorts", "/desk/cohorts/", "/desk/cohorts/"),
        )),
    ],
)  # fmt: skip
def test_pages_behind_others(at: At, login: str | None, ways: Iterable[tuple[str, ...]]) -> None:
    """From a page, as a list, to one of its things, and on."""
    with at(login, PHONE, folder=FOLDER) as person:
        for first, *on in ways:
            person.go(first)
            for following in on:
                leads = f"main a[href^='{following}']:not([href$='/new'])"
                person.follow(person.page.locator(leads).first)
            person.looked_over(f"{login} {person.page.url}")


@pytest.mark.usefixtures("at")  # nothing is seen where there is no browser
def test_every_page_was_looked_over(whole: bool, seen: set[str]) -> None:
    """By the tests of the browser: each page that can be asked for, as somebody it is for. It is asked for by
    `CREDITBANK_TEST_EVERY_PAGE=1`: which page was on the screen is heard from the browser, and once it was not."""
    if not whole or "CREDITBANK_TEST_EVERY_PAGE" not in os.environ:
        pytest.skip("only where it is asked for, and every test of the browser ran to its end")
    templates = {path for path, _ in pages()}
    assert templates >= NO_PAGES, "of those that there are"
    # An address of its own is looked for before one with an id in that place.
    by_template = {path: compile_path(path)[0] for path in sorted(templates - NO_PAGES, key=lambda one: one.count("{"))}
    looked_over = {next((path for path, is_of in by_template.items() if is_of.match(one)), one) for one in seen}
    assert templates - NO_PAGES - looked_over == set()
