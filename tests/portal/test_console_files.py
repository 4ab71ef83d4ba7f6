"""A registrar's file on the console's pages: dropped, mapped, followed, given back; and what is no file of theirs."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from creditbank.identity.actor import Actor
from creditbank.portal import console_files, console_parts
from creditbank.records.intake import Sender
from tests.open_bank import person
from tests.portal.desk_place import Browser, form_of
from tests.portal.desk_place import at as browsing
from tests.portal.place import HERE, text_of
from tests.records.town import resident
from tests.submissions.bank import SubmittingBank, submitting, workbook

NAME = "2023-2024-1 成绩.xlsx"
HEADERS = ["姓名", "身份证号", "学号", "课程代码", "学年", "学期", "成绩", "考试日期"]


@dataclass
class Console:
    """The bank with browsers of people at its consoles."""

    place: SubmittingBank

    def at(self, actor: Actor) -> AbstractAsyncContextManager[Browser]:
        """A browser that holds somebody's session."""
        return browsing(self.place.bank.app, actor)

    def registrar(self, of: Sender | None = None) -> Actor:
        """A registrar of the college, or of another institution."""
        return person("registrar", institution_id=(of or self.place.college).institution_id)


@pytest.fixture
async def console(addresses: Any, tmp_path: Path) -> AsyncIterator[Console]:
    async with submitting(addresses, tmp_path) as place:
        yield Console(place)


def scores(*rows: list[Any]) -> bytes:
    return workbook(("成绩", [HEADERS, *rows]))


def line(serial: int, **changes: Any) -> list[Any]:
    said = {
        "name": "演示甲", "document": resident(serial, "20040101"), "student_no": f"S{serial:04d}", "course": "C101",
        "year": "2023-2024", "term": "1", "score": "86", "day": "2024-01-12",
    } | changes  # fmt: skip
    return list(said.values())


async def dropped(browser: Browser, content: bytes, name: str = NAME, **typed: Any) -> str:
    """A file sent from the page; where the page went on to."""
    typed = {"act": "report", **typed}
    answer = await browser.send(
        "/console/files/new", "con_file", files={"file": (name, content, "application/octet-stream")}, **typed
    )
    return answer.headers["location"].partition("?")[0]


def mapping_form(page: str) -> dict[str, str]:
    """What the mapping's form says as it stands."""
    form = re.search(r'<form class="fields" id="con_mapping".*?</form>', page, re.S)
    assert form is not None
    said = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form[0]))
    said |= dict(re.findall(r'<input type="checkbox" id="[^"]*" name="([^"]*)" value="([^"]*)" checked', form[0]))
    for name, body in re.findall(r'<select id="[^"]*" name="([^"]*)">(.*?)</select>', form[0], re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        said[name] = "" if chosen is None else chosen[1]
    said |= dict(re.findall(r'<input id="const-[^"]*" name="([^"]*)" value="([^"]*)"', form[0]))
    return said


async def test_from_a_drop_to_the_annotated_workbook(console: Console) -> None:
    content = scores(line(1), line(2, score="不知道"), line(3, course="X999"))
    async with console.at(console.registrar()) as browser:
        assert "还没有报送过文件" in text_of(await browser.read("/console/files"))
        file = await dropped(browser, content)
        assert "文件已收到" in text_of(await browser.read(f"{file}?done=con_file"))
        assert "hx-get" in (await browser.read(f"{file}/progress"))
        await console.place.work()
        found = await browser.http.get(f"{file}/progress")
        assert found.headers["hx-refresh"] == "true"
        assert "待确认表头" in text_of(await browser.read(file))
        page = await browser.read(f"{file}/mapping")
        assert "课程代码" in page
        assert resident(1, "20040101") not in page
        said = mapping_form(page)
        assert said["kind_1"] == "course_result"
        assert said["col_1_G"] == "score"
        # To try another reading writes nothing, and keeps what was chosen.
        tried = await browser.http.post(f"{file}/mapping", data={**said, "col_1_G": "", "do": "look"})
        assert tried.status_code == 422
        assert mapping_form(tried.text)["col_1_G"] == ""
        tried = await browser.http.post(f"{file}/mapping", data={**said, "do": "look"})
        assert tried.status_code == 200
        assert "尚未写入" in text_of(tried.text)
        confirmed = await browser.http.post(f"{file}/mapping", data={**said, "do": "confirm"})
        assert confirmed.status_code == 303, text_of(confirmed.text)[:900]
        again = await browser.http.post(f"{file}/mapping", data={**said, "do": "confirm"})
        assert again.headers["location"] == confirmed.headers["location"]
        await console.place.work()
        page = await browser.read(file)
        assert "已完成" in text_of(page)
        assert re.search(r'<span class="amount">1</span> <span class="what">存入', page), text_of(page)
        refused = text_of(await browser.read(f"{file}?outcome=refused"))
        assert "第 3 行" in refused
        assert "G3" in refused
        assert "第 2 行" not in refused
        row = re.search(rf'{file}/rows/(\d+)">第 3 行', await browser.read(file))
        assert row is not None
        assert "不知道" in text_of(await browser.read(f"{file}/rows/{row[1]}"))
        report = await browser.http.get(f"{file}/report.xlsx")
        parts = zipfile.ZipFile(io.BytesIO(report.content))
        written = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))
        assert "报送结果" in written
        assert "结果说明" in written
        assert "报送结果" not in text_of(await browser.read("/console/mappings"))
        # The same file again: read by what was saved, and nothing changes.
        second = await dropped(browser, content)
        await console.place.work()
        await console.place.work()
        page = await browser.read(second)
        assert "此前报送过同一文件" in text_of(page)
        assert re.search(r'<span class="amount">1</span> <span class="what">未变', page), text_of(page)


async def test_a_form_sent_twice_is_one_file_and_a_form_without_a_file_is_none(console: Console) -> None:
    async with console.at(console.registrar()) as browser:
        form = form_of(await browser.read("/console/files/new"), "con_file")
        sent: dict[str, Any] = {
            "data": {**form.hidden, "act": "report"},
            "files": {"file": (NAME, scores(line(1)), "x/y")},
        }
        first = await browser.http.post(form.action, **sent)
        second = await browser.http.post(form.action, **sent)
        assert first.status_code == second.status_code == 303
        assert first.headers["location"] == second.headers["location"]
        other = await browser.http.post(form.action, data=sent["data"], files={"file": (NAME, scores(line(2)), "x/y")})
        assert other.status_code == 409
        assert (await browser.read("/console/files")).count("/console/files/0") == 1
        none = await browser.send("/console/files/new", "con_file", status=422, act="withdraw", reason="课程停开")
        assert "没有收到文件" in text_of(none.text)
        assert 'value="课程停开"' in none.text


async def test_a_photo_is_told_so_and_nothing_is_written(console: Console) -> None:
    async with console.at(console.registrar()) as browser:
        file = await dropped(browser, b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(2000), "照片.jpg")
        await console.place.work()
        page = text_of(await browser.read(file))
        assert "不能读取" in page
        assert "图片" in page


async def test_a_connection_that_drops_leaves_nothing(console: Console) -> None:
    async with console.at(console.registrar()) as browser:
        form = form_of(await browser.read("/console/files/new"), "con_file")
        whole = httpx.Request(
            "POST",
            HERE + form.action,
            data={**form.hidden, "act": "report"},
            files={"file": (NAME, bytes(9000), "x/y")},
        )
        body = whole.read()

        async def broken() -> AsyncIterator[bytes]:
            yield body[: len(body) * 99 // 100]

        answer = await browser.http.post(
            form.action, content=broken(), headers={"Content-Type": whole.headers["content-type"]}
        )
        assert answer.status_code in (400, 422), answer.status_code
        assert "还没有报送过文件" in text_of(await browser.read("/console/files"))


async def test_thirty_thousand_rows_are_taken_from_a_page(console: Console) -> None:
    content = scores(*(line(n % 9000, student_no=f"S{n:05d}") for n in range(30_000)))
    async with console.at(console.registrar()) as browser:
        file = await dropped(browser, content, dry_run="yes")
        assert "读取中" in text_of(await browser.read(file))


async def test_a_file_too_large_for_a_page_is_told_so(console: Console) -> None:
    async with console.at(console.registrar()) as browser:
        form = form_of(await browser.read("/console/files/new"), "con_file")
        answer = await browser.http.post(
            form.action, data={**form.hidden, "act": "report"}, files={"file": (NAME, bytes(9 << 20), "x/y")},
            headers={"Accept": "text/html"},
        )  # fmt: skip
        assert answer.status_code == 413
        assert "未接收" in text_of(answer.text)
        form_of(answer.text, "con_file")


async def test_another_institutions_file_and_none_look_the_same(console: Console) -> None:
    async with console.at(console.registrar()) as browser:
        file = await dropped(browser, scores(line(1)))
    none = "/console/files/0195532a-2222-7c11-9a51-0d3d3f5f2a10"
    async with console.at(console.registrar(console.place.school)) as browser:
        for path in ("", "/progress", "/mapping", "/report.xlsx", "/rows/2"):
            answers = [await browser.http.get(one + path) for one in (file, none)]
            assert [one.status_code for one in answers] == [404, 404], path
        for path in ("/mapping", "/cancellation"):
            answer = await browser.http.post(file + path, data={"key": "k", "sure": "yes"})
            assert answer.status_code == 404, path
    async with console.at(person("learner")) as browser:
        assert (await browser.http.get("/console/files")).status_code == 403


async def test_a_file_is_cancelled_with_a_tick(console: Console) -> None:
    async with console.at(console.registrar()) as browser:
        file = await dropped(browser, scores(line(1)))
        await console.place.work()
        refused = await browser.send(file, "con_cancel", status=422)
        assert "请先勾选确认" in text_of(refused.text)
        await browser.send(file, "con_cancel", sure="yes")
        assert "取消时尚未写入任何内容" in text_of(await browser.read(file))


async def test_a_forged_form_sends_no_file(console: Console) -> None:
    async with console.at(console.registrar()) as browser:
        form = form_of(await browser.read("/console/files/new"), "con_file")
        answer = await browser.http.post(
            form.action, data=form.hidden, files={"file": (NAME, scores(line(1)), "x/y")},
            headers={"Origin": "https://elsewhere.example"},
        )  # fmt: skip
        assert answer.status_code == 403
        assert "还没有报送过文件" in text_of(await browser.read("/console/files"))


async def test_withdrawn_by_a_file(console: Console) -> None:
    async with console.at(console.registrar()) as browser:
        file = await dropped(browser, scores(line(1)))
        await console.place.work()
        said = mapping_form(await browser.read(f"{file}/mapping"))
        await browser.http.post(f"{file}/mapping", data={**said, "do": "confirm"})
        await console.place.work()
        back = await dropped(browser, scores(line(1)), "撤回.xlsx", act="withdraw", reason="成绩登记有误")
        await console.place.work()
        said = mapping_form(await browser.read(f"{back}/mapping"))
        confirmed = await browser.http.post(f"{back}/mapping", data={**said, "do": "confirm"})
        assert confirmed.status_code == 303, text_of(confirmed.text)[:900]
        await console.place.work()
        page = await browser.read(back)
        assert re.search(r'<span class="amount">1</span> <span class="what">撤回', page), text_of(page)


# --- in parts -------------------------------------------------------------------------------------------------------


async def begun(browser: Browser, content: bytes, **typed: str) -> tuple[dict[str, Any], dict[str, str]]:
    """A file begun as the pages' script begins one: the answer, and what was sent."""
    form = form_of(await browser.read("/console/files/new"), "con_file")
    sent = {**form.hidden, "act": "report", "file_name": NAME, "size": str(len(content)), **typed}
    answer = await browser.http.post("/console/files/parts", data=sent)
    assert answer.status_code == 200, text_of(answer.text)
    found: dict[str, Any] = answer.json()
    return found, sent


async def test_a_file_in_parts_goes_on_after_a_connection_that_dropped_and_is_one_file(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_files, "PART", 1024)
    monkeypatch.setattr(console_parts, "PART", 1024)
    content = scores(line(1))
    pieces = [content[at : at + 1024] for at in range(0, len(content), 1024)]
    assert len(pieces) > 2
    async with console.at(console.registrar()) as browser:
        file, sent = await begun(browser, content)
        again = await browser.http.post("/console/files/parts", data=sent)
        assert again.json() == file == {"file": file["file"], "part": 1024}
        here = f"/console/files/{file['file']}"
        for number, piece in enumerate(pieces[:-1], start=1):
            for _ in range(2):  # the answer was lost on its way
                answer = await browser.http.post(f"{here}/parts/{number}", content=piece)
                assert answer.status_code == 204
        other = await browser.http.post(f"{here}/parts/1", content=b"something else")
        assert other.status_code == 409
        early = await browser.http.post(f"{here}/completion", data={"parts": len(pieces)})
        assert early.status_code == 409
        page = await browser.read(here)
        assert f'data-received="{",".join(str(n) for n in range(1, len(pieces)))}"' in page
        assert f'data-size="{len(content)}"' in page
        assert f'href="{here}"' in await browser.read("/console/files/new"), "whoever comes anew is told of it"
        await browser.http.post(f"{here}/parts/{len(pieces)}", content=pieces[-1])
        whole = {"parts": str(len(pieces)), "sha256": hashlib.sha256(content).hexdigest()}
        for _ in range(2):
            answer = await browser.http.post(f"{here}/completion", data=whole)
            assert answer.status_code == 204, text_of(answer.text)
        assert "读取中" in text_of(await browser.read(here))
        assert (await browser.read("/console/files")).count('href="/console/files/0') == 1
        await console.place.work()
        assert "待确认表头" in text_of(await browser.read(here))


async def test_parts_are_nobody_elses_and_of_no_other_site(console: Console) -> None:
    async with console.at(console.registrar()) as browser:
        file, sent = await begun(browser, b"x" * 10)
        here = f"/console/files/{file['file']}"
        elsewhere = {"Origin": "https://elsewhere.example"}
        asked: tuple[tuple[str, dict[str, Any]], ...] = (
            (f"{here}/parts/1", {"content": b"x" * 10}),
            (f"{here}/completion", {"data": {"parts": "1"}}),
            ("/console/files/parts", {"data": {**sent, "key": "another"}}),
        )
        for path, body in asked:
            assert (await browser.http.post(path, headers=elsewhere, **body)).status_code == 403, path
        for path in (
            f"{here}/parts/0",
            f"{here}/parts/x",
            f"{here}/parts/{1:012}{9:05000}",
            "/console/files/x/parts/1",
        ):
            assert (await browser.http.post(path, content=b"x")).status_code == 404, path
        assert (await browser.http.post(f"{here}/completion", data={"parts": "many"})).status_code == 422
        too_large = await browser.http.post("/console/files/parts", data={**sent, "key": "c", "size": str(2 << 40)})
        assert too_large.status_code == 413
        form_of(too_large.text, "con_file")
    async with console.at(console.registrar(console.place.school)) as browser:
        assert (await browser.http.post(f"{here}/parts/1", content=b"x" * 10)).status_code == 404
        assert (await browser.http.post(f"{here}/completion", data={"parts": "1"})).status_code == 404
