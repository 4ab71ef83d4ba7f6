"""The inbox: what is served stays served, in both languages, with the decision or not at all."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from creditbank.identifiers import new_id
from creditbank.jobs import run_due
from creditbank.learners.inbox import KINDS, Notice, serve, serve_all
from tests.learners.people import City, later
from tests.open_bank import person

CHINESE = re.compile("[一-鿿]")


async def served(city: City, learner_id: UUID, kind: str = "record_corrected", **about: Any) -> UUID:
    async def act(session: Any) -> UUID:
        return await serve(session, learner_id=learner_id, kind=kind, about=about, at=city.at)

    return await city.bank.database.write(act)


async def test_a_notice_is_read_in_both_languages_with_where_to_look(city: City) -> None:
    learner_id, record_id = await city.pupil("王小明", 1), new_id()
    message_id = await served(city, learner_id, record_id=record_id)
    page = (await city.get(f"/v1/learners/{learner_id}/inbox", city.learner(learner_id))).json()
    (message,) = page["messages"]
    assert (message["message_id"], message["kind"], page["unread"]) == (str(message_id), "record_corrected", 1)
    assert message["title_zh"] == "学习成果已更正"
    assert message["links"] == {"record_id": f"/v1/records/{record_id}"}
    assert message["read_at"] is None


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_notice_speaks_both_languages(kind: str) -> None:
    title_zh, title_en, text_zh, text_en = KINDS[kind]
    assert CHINESE.search(title_zh)
    assert CHINESE.search(text_zh)
    assert text_zh.endswith("。")
    assert not CHINESE.search(title_en + text_en)
    assert text_en.endswith(".")


async def test_a_kind_that_nobody_wrote_is_never_served(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    with pytest.raises(KeyError):
        await served(city, learner_id, kind="something_else")
    assert await city.inbox(learner_id) == []


async def test_a_notice_is_served_with_what_it_tells_or_not_at_all(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)

    async def act(session: Any) -> None:
        await serve(session, learner_id=learner_id, kind="record_withdrawn", about={}, at=city.at)
        raise LookupError

    with pytest.raises(LookupError):
        await city.bank.database.write(act)
    assert await city.inbox(learner_id) == []
    assert await city.sql("SELECT 1 FROM job WHERE kind = 'deliver_notice'") == []


async def test_the_inbox_is_paged_from_the_newest(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    sent = []
    for _ in range(5):
        later(city, seconds=1)
        sent.append(str(await served(city, learner_id)))
    me, path, found = city.learner(learner_id), f"/v1/learners/{learner_id}/inbox", []
    cursor: str | None = None
    for size in (2, 2, 1):
        page = await city.get(path, me, limit=2, **({"cursor": cursor} if cursor else {}))
        cursor = page.json()["next_cursor"]
        assert len(page.json()["messages"]) == size
        assert ("Link" in page.headers) == (cursor is not None)
        found += [message["message_id"] for message in page.json()["messages"]]
    assert found == sent[::-1]


async def test_the_first_opening_counts_and_unread_ones_can_be_asked_for(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    first, second = await served(city, learner_id), await served(city, learner_id)
    me, path = city.learner(learner_id), f"/v1/learners/{learner_id}/inbox"
    opened = (await city.post(f"{path}/{first}/read", me)).json()["read_at"]
    later(city, minutes=5)
    assert (await city.post(f"{path}/{first}/read", me)).json()["read_at"] == opened
    page = (await city.get(path, me, unread=True)).json()
    assert ([message["message_id"] for message in page["messages"]], page["unread"]) == ([str(second)], 1)


async def test_a_merged_person_has_one_inbox(city: City) -> None:
    mine, other = await city.pupil("王小明", 1), await city.pupil("王小明", 2)
    await served(city, other)
    message_id = await served(city, mine)
    await city.merge(mine, into=other)
    page = (await city.get(f"/v1/learners/{mine}/inbox", city.learner(mine))).json()
    assert len(page["messages"]) == 2
    read = await city.post(f"/v1/learners/{other}/inbox/{message_id}/read", city.learner(mine))
    assert read.status_code == 200


async def test_nobody_opens_the_notices_of_another(city: City) -> None:
    learner_id = await city.pupil("王小明", 1)
    message_id = await served(city, learner_id)
    stranger = city.learner(await city.pupil("钱二", 2))
    for actor, status in ((stranger, 404), (person("guardian"), 404), (city.officer, 403), (city.school, 403)):
        path = f"/v1/learners/{learner_id}/inbox"
        assert (await city.get(path, actor)).status_code == status
        assert (await city.post(f"{path}/{message_id}/read", actor)).status_code == status
    mixed = f"/v1/learners/{stranger.learner_id}/inbox/{message_id}/read"
    assert (await city.post(mixed, stranger)).status_code == 404


async def test_many_are_served_at_once_and_their_delivery_is_asked_for_once(city: City) -> None:
    people = [await city.pupil("王小明", serial) for serial in (1, 2, 3)]

    async def act(session: Any) -> list[UUID]:
        return await serve_all(session, [Notice(one, "record_withdrawn", {}) for one in people], at=city.at)

    assert len(await city.bank.database.write(act)) == 3
    jobs = await city.sql("SELECT about, finished_at FROM job WHERE kind = 'deliver_notice'")
    assert [len(job.about["messages"]) for job in jobs] == [3]
    await run_due(city.bank.database, worker="test", now=city.at, limit=5)
    (job,) = await city.sql("SELECT finished_at, dead_at FROM job WHERE kind = 'deliver_notice'")
    assert (job.finished_at is not None, job.dead_at) == (True, None)
