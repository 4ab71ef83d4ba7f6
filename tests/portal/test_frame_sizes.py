"""What pages weigh on the way to a phone, and what the transcript's page costs beside its JSON."""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

import httpx
import pytest

from creditbank.portal import agreement_pages, compressing, static_files
from tests.open_bank import person
from tests.pathways.test_agreements import Ways, ways
from tests.portal.desk_place import Desk
from tests.portal.place import Portal, text_of, training
from tests.records.town import course_row

__all__ = ["ways"]

FIRST_LOAD, AFTER = 60_000, 20_000
"""Bytes over the wire, headers of answers not counted."""
TRIES = 3
"""A machine that does something else for a moment is asked again."""
SLOWER = 3.0
"""How many times longer the page may take than its JSON."""


async def weight(browser: httpx.AsyncClient, address: str) -> tuple[int, str]:
    """How many bytes came over the wire for an address, and what they say."""
    async with browser.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join([part async for part in answer.aiter_raw()])
        assert answer.status_code == 200, address
        assert int(answer.headers["content-length"]) == len(packed)
        said = gzip.decompress(packed) if answer.headers.get("content-encoding") == "gzip" else packed
    return len(packed), said.decode()


async def full(portal: Portal, records: int) -> Any:
    """A learner with many records."""
    learner_id = await portal.learner()
    rows = [training(title=f"电工实训第{number}期", hours=str(16 + number % 40)) for number in range(records)]
    await portal.town.post(*rows)
    await portal.town.post(course_row())
    return learner_id


@pytest.mark.parametrize("page", ["/my", "/my/transcript"])
async def test_a_learners_pages_are_light(portal: Portal, page: str) -> None:
    await full(portal, 60)
    async with portal.signed_in() as browser:
        own, said = await weight(browser, page)
        dressed = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', said))
        others = [(await weight(browser, each))[0] for each in dressed]
        assert own + sum(others) <= FIRST_LOAD, (own, others)
        # Afterwards the files are in the browser, for a year.
        assert own <= AFTER, own


async def test_the_transcripts_page_takes_at_most_three_times_its_json(portal: Portal) -> None:
    learner_id = await full(portal, 60)
    headers = {"Authorization": f"Bearer {portal.bank.token(person('learner', learner_id=learner_id))}"}

    async def taken(ask: Callable[[], Awaitable[httpx.Response]]) -> float:
        begun = time.perf_counter()
        answer = await ask()
        assert answer.status_code == 200
        return time.perf_counter() - begun

    async def compared() -> float:
        pages, documents = [], []
        for _ in range(31):  # in turn, so that whatever else the machine does weighs on both
            pages.append(await taken(lambda: browser.get("/my/transcript")))
            documents.append(await taken(lambda: program.get(f"/v1/learners/{learner_id}/transcript")))
        return median(pages) / median(documents)

    async with portal.signed_in() as browser, portal.browser() as program:
        program.headers.update(headers)
        found = []
        while len(found) < TRIES and not (found and found[-1] <= SLOWER):
            found.append(await compared())
    assert found[-1] <= SLOWER, found


async def test_a_page_has_another_length_each_time_and_says_the_same(portal: Portal) -> None:
    async with portal.browser() as browser:
        found = [await weight(browser, "/sign-in") for _ in range(40)]
    assert len({said for _, said in found}) == 1
    lengths = {length for length, _ in found}
    assert len(lengths) > 10
    assert max(lengths) - min(lengths) <= compressing.MOST_PADDING


@pytest.mark.parametrize("coding", ["", "identity", "br", "gzip;q=0", "gzip; q=0.0"])
async def test_who_cannot_read_gzip_gets_none(portal: Portal, coding: str) -> None:
    async with portal.browser() as browser:
        for path in ("/sign-in", static_files.address_of("portal.css")):
            answer = await browser.get(path, headers={"Accept-Encoding": coding})
            assert "content-encoding" not in answer.headers, path
            assert "Accept-Encoding" in answer.headers["vary"], path


async def test_a_file_has_another_tag_when_it_is_packed(portal: Portal) -> None:
    async with portal.browser() as browser:
        address = static_files.address_of("htmx.js")
        tags = {
            (await browser.get(address, headers={"Accept-Encoding": coding})).headers["etag"]
            for coding in ("identity", "gzip")
        }
    assert len(tags) == 2


async def test_lists_of_the_desk_go_on_and_back(ways: Ways, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(ways)  # type: ignore[arg-type]
    await ways.proposed()
    await ways.proposed()
    monkeypatch.setattr(agreement_pages, "PAGE", 1)
    async with desk.at(ways.place.officer) as officer:
        first = await officer.read("/desk/pathways")
        onward = re.search(r'href="(/desk/pathways\?after=[^"]+)" rel="next"', first)
        assert onward is not None
        second = await officer.read(onward[1])
        assert "回到第一页" in text_of(second)
        assert set(re.findall(r"/desk/pathways/([0-9a-f-]{36})", first)).isdisjoint(
            re.findall(r"/desk/pathways/([0-9a-f-]{36})", second)
        )
        for path in ("/desk/notices", "/desk/reviews"):
            assert "游标无效" in text_of(await officer.read(f"{path}?cursor=x", status=422))
