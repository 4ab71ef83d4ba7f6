"""The inbox: what was served, what was read, its pages, and forms that are sent twice or from elsewhere."""

from __future__ import annotations

import re
from uuid import UUID

from creditbank.learners.inbox import serve
from tests.open_bank import person
from tests.portal.place import Portal, text_of
from tests.records.town import course_row


async def served(portal: Portal, learner_id: UUID, many: int) -> None:
    """So many messages."""
    async with portal.bank.database.session() as session:
        for _ in range(many):
            await serve(session, learner_id=learner_id, kind="account_reopened", about={}, at=portal.at)


def fields(page: str) -> list[tuple[str, str]]:
    """The fields of the first form that marks as read."""
    form = re.search(
        r'<form class="buttons" method="post" action="/my/inbox/read">.*?</form>', page, re.S
    ) or re.search(r'<form method="post" action="/my/inbox/read">.*?</form>', page, re.S)
    assert form is not None
    return re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[0])


async def test_a_correction_is_told_and_leads_to_its_record(portal: Portal) -> None:
    await portal.learner()
    (first,) = await portal.town.post(course_row(key="k-1"))
    await portal.town.post(course_row(key="k-1", score="92", reason="登分错误"))
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/inbox")).text
        assert "学习成果已更正" in text_of(page)
        assert f'href="/my/records/{first.record_id}"' in page
        english = text_of((await browser.get("/my/inbox?lang=en")).text)
        assert "A record was corrected" in english
        assert "学习成果已更正" not in english


async def test_a_message_is_read_once_however_often_the_button_is_pressed(portal: Portal) -> None:
    learner_id = await portal.learner()
    await served(portal, learner_id, 1)
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/inbox")).text
        assert "未读（1）" in text_of(page)
        form = dict(fields(page))
        for _ in range(2):
            answer = await browser.post("/my/inbox/read", data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, "/my/inbox?done=reading")
        after = text_of((await browser.get("/my/inbox?done=reading")).text)
        assert "已标为已读。" in after
        assert "未读（0）" in after
    asked = await portal.bank.call("GET", f"/v1/learners/{learner_id}/inbox", person("learner", learner_id=learner_id))
    assert asked.json()["messages"][0]["read_at"] is not None


async def test_a_whole_page_is_marked_and_the_older_ones_stay(portal: Portal) -> None:
    learner_id = await portal.learner()
    await served(portal, learner_id, 25)
    async with portal.signed_in() as browser:
        page = (await browser.get("/my/inbox")).text
        assert page.count('class="tag tag-new"') == 20
        pairs = fields(page)
        assert len([name for name, _ in pairs if name == "message_id"]) == 20
        form = {"key": dict(pairs)["key"], "message_id": [value for name, value in pairs if name == "message_id"]}
        assert (await browser.post("/my/inbox/read", data=form)).status_code == 303
        older = re.search(r'href="(/my/inbox\?before=[^"]+)"', page)
        assert older is not None
        following = (await browser.get(older[1].replace("&amp;", "&"))).text
        assert following.count('class="tag tag-new"') == 5
        assert "未读（5）" in text_of(following)
        assert (await browser.get("/my/inbox?unread=1")).text.count('class="tag tag-new"') == 5
        assert (await browser.get("/my/inbox?before=1")).status_code == 404


async def test_a_form_from_elsewhere_or_about_anothers_message_does_nothing(portal: Portal) -> None:
    learner_id = await portal.learner()
    await served(portal, learner_id, 1)
    child = await portal.child(51, "演示小明")
    await served(portal, child, 1)
    async with portal.signed_in() as browser:
        form = dict(fields((await browser.get("/my/inbox")).text))
        forged = await browser.post("/my/inbox/read", data=form, headers={"Origin": "https://evil.example"})
        assert forged.status_code == 403
        rows = await portal.town.sql("SELECT message_id FROM inbox_message WHERE learner_id = %s", child)
        for about in ({"message_id": str(rows[0][0])}, {"message_id": str(rows[0][0]), "learner": str(child)}):
            assert (await browser.post("/my/inbox/read", data={"key": form["key"], **about})).status_code == 404
        assert "未读（1）" in text_of((await browser.get("/my/inbox")).text)
    (unread,) = (await portal.town.sql("SELECT count(*) FROM inbox_message WHERE read_at IS NOT NULL"))[0]
    assert unread == 0


async def test_a_guardian_reads_a_childs_messages(portal: Portal) -> None:
    child = await portal.child(52, "演示小明")
    given = await portal.guardian(child)
    await portal.guardian(await portal.child(53, "演示小红"))
    async with portal.signed_in(given["login_name"], given["password"]) as browser:
        page = (await browser.get(f"/my/inbox?learner={child}")).text
        assert "已登记监护人" in text_of(page)
        form = dict(fields(page))
        assert form["learner"] == str(child)
        answer = await browser.post("/my/inbox/read", data=form)
        assert answer.headers["location"] == f"/my/inbox?learner={child}&done=reading"
