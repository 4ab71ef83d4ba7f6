"""What holds for every page: safe headers, both languages, structure that reads aloud, colours that can be read."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from creditbank.portal import static_files
from creditbank.portal.answering import CONTENT_SECURITY_POLICY
from creditbank.portal.words import CHOICES, GROUPS, PHRASES
from tests.portal.place import Portal, certificate, sign_in, training
from tests.records.town import course_row

PORTAL = Path(str(files("creditbank.portal")))
VOID = {"meta", "link", "img", "input", "br", "hr"}


class Structure(HTMLParser):
    """What a page is made of; `open` is empty at the end where every element was closed in its order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[int] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of a kind."""
        return [attributes for found, attributes in self.elements if found == tag]


async def every_page(portal: Portal, query: str = "") -> dict[str, Any]:
    """One answer of every kind of page, by what it is."""
    await portal.learner()
    (passed,) = await portal.town.post(course_row())
    (failed,) = await portal.town.post(course_row(course_code="C102", score="45"))
    await portal.town.post(training())
    await portal.town.post(certificate(level="advanced"), by=portal.town.body)
    found: dict[str, Any] = {}
    async with portal.browser() as browser:
        found["front"] = await browser.get(f"/{query}")
        found["sign-in"] = await browser.get(f"/sign-in{query}")
        found["wrong"] = await sign_in(browser, "yan.shi", "another-password")
        found["nowhere"] = await browser.get(f"/nowhere{query}", headers={"Accept": "text/html,*/*"})
        await sign_in(browser, "yan.shi")
        found["front, signed in"] = await browser.get("/")
        found["transcript"] = await browser.get("/my/transcript")
        found["past"] = await browser.get("/my/transcript?as_of=2024-02-01&known_at=2024-02-01")
        found["record"] = await browser.get(f"/my/records/{passed.record_id}")
        found["refused record"] = await browser.get(f"/my/records/{failed.record_id}")
        found["not found"] = await browser.get("/my/records/1")
        found["malformed"] = await browser.get("/my/transcript?as_of=1")
    first, second = await portal.child(31, "演示小明"), await portal.child(32, "演示小红")
    given = await portal.guardian(first)
    await portal.guardian(second)
    async with portal.browser() as browser:
        await sign_in(browser, given["login_name"], given["password"])
        found["children"] = await browser.get(f"/my/transcript{query}")
        found["child"] = await browser.get(f"/my/transcript?learner={second}")
    return found


@pytest.mark.parametrize("query", ["", "?lang=en"])
async def test_every_page_is_safe_whole_and_reads_aloud(portal: Portal, query: str) -> None:
    for name, answer in (await every_page(portal, query)).items():
        assert answer.headers["content-type"] == "text/html; charset=utf-8", name
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY, name
        assert answer.headers["x-frame-options"] == "DENY", name
        assert answer.headers["x-content-type-options"] == "nosniff", name
        assert answer.headers["referrer-policy"] == "same-origin", name
        assert answer.headers["cache-control"] == "no-store", name
        page = Structure(answer.text)
        assert page.open == [], name
        for script in page.all("script"):
            assert str(script["src"]).startswith("/static/"), name
        assert "<script>" not in answer.text, name
        assert not page.all("style"), name
        assert not [each for _, each in page.elements if "style" in each or any(key.startswith("on") for key in each)]
        assert page.all("html")[0]["lang"] == ("en" if query else "zh-CN"), name
        assert page.headings.count(1) == 1, name
        for before, after in zip(page.headings, page.headings[1:], strict=False):
            assert after <= before + 1, name
        identifiers = [each["id"] for _, each in page.elements if "id" in each]
        assert len(identifiers) == len(set(identifiers)), name
        labelled = {each["for"] for each in page.all("label")}
        for field in page.all("input"):
            assert field.get("type") == "hidden" or field["id"] in labelled, name
        for _, each in page.elements:
            for reference in ("aria-labelledby", "aria-describedby"):
                assert each.get(reference) is None or each[reference] in identifiers, name
        for each in page.all("th"):
            assert each["scope"] in {"row", "col"}, name
        for each in page.all("img"):
            assert "alt" in each, name
        elsewhere = [each["href"] for each in page.all("link") if not str(each["href"]).startswith("/static/")]
        assert elsewhere == [], name
        assert len(answer.content) < 60_000, name


NAMES = [
    "演示甲", "演示小明", "演示小红", "演示职业学院", "演示发证机构",
    "机械设计与制造", "机械制图", "高等数学", "电工实训", "Web前端开发",
]  # fmt: skip


async def test_an_english_page_says_nothing_in_chinese_but_names_and_what_is_marked_so(portal: Portal) -> None:
    for name, answer in (await every_page(portal, "?lang=en")).items():
        marked = re.sub(r'<(\w+)[^>]*lang="zh-CN"[^>]*>.*?</\1>', " ", answer.text, flags=re.S)
        text = re.sub(r"<[^>]+>", " ", marked)
        for known in NAMES:
            text = text.replace(known, "")
        assert re.findall(r"[\u4e00-\u9fff]+", text) == [], name


async def test_a_browser_is_answered_on_a_page_and_a_program_in_json(portal: Portal) -> None:
    async with portal.browser() as browser:
        page = await browser.get("/nowhere", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        for path, accept in (("/nowhere", "*/*"), ("/v1/nowhere", "text/html"), ("/v1/records/1", "text/html")):
            answer = await browser.get(path, headers={"Accept": accept})
            assert answer.headers["content-type"] == "application/problem+json", path


async def test_the_stylesheet_is_kept_by_its_content(portal: Portal) -> None:
    async with portal.browser() as browser:
        page = (await browser.get("/")).text
        address = re.search(r'href="(/static/portal\.css\?[0-9a-f]{12})"', page)
        assert address is not None
        answer = await browser.get(address[1])
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.content == (PORTAL / "static" / "portal.css").read_bytes()
        assert "url(" not in answer.text
        assert "@import" not in answer.text
        for name in ("nothing.css", "..%2froutes.py", "portal.css%00"):
            assert (await browser.get(f"/static/{name}")).status_code == 404


def test_every_phrase_is_there_in_both_languages_and_said_somewhere() -> None:
    templates = "".join(path.read_text() for path in sorted((PORTAL / "templates").rglob("*.html")))
    code = "".join(path.read_text() for path in sorted(PORTAL.rglob("*.py")) if not path.name.endswith("words.py"))
    phrases = PHRASES
    assert len(phrases) == sum(map(len, GROUPS))
    said = set(re.findall(r'say\("(\w+)"', templates + code))
    assert {one for one in said if not one.endswith("_")} <= set(phrases)
    # What a page says by a name that it puts together: `say("outcome_" ~ …)`, `say(f"outcome_{…}")`.
    put_together = {one for one in said if one.endswith("_")} | set(re.findall(r'say\(f"(\w+_){', templates + code))
    assert all(any(phrase.startswith(one) for phrase in phrases) for one in put_together)
    forms = set(re.findall(r'(?:call act\(|set form = |<form class="fields" id=)"(\w+?)-?"', templates)) | {
        "objection",
        "cohort",
        "review",
        "reading",
        "takingback",
    }
    done = {f"done_{form}" for form in forms}
    made = (
        *put_together,
        "act_of_round_",
        "by_",
        "because_",
        "cohort_",
        "f_",
        "field_",
        "share_field_",
        "act_",
        "finding_",
        "status_",
        "posting_",
        "problem_",
        "decided_",
        "sent_by_",
        "now_",
        "con_status_",
        "con_row_",
    )
    verdicts = {"granted", "not_granted", "unknown", "withdrawn", "on_record"}
    for phrase, (zh, en) in phrases.items():
        assert zh.strip(), phrase
        assert en.strip(), phrase
        assert (re.findall(r"{\w+}", zh) and True) or not re.findall(r"{\w+}", en), phrase
        assert set(re.findall(r"{\w+}", zh)) == set(re.findall(r"{\w+}", en)), phrase
        quoted = f'"{phrase}"' in code or f'"{phrase}"' in templates
        assert quoted or phrase.startswith(made) or phrase in verdicts or phrase in done, f"{phrase} is said nowhere"
    for words in CHOICES.values():
        assert all(zh and en for zh, en in words.values())


COLOURS = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", (PORTAL / "static" / "portal.css").read_text()))


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("behind", ["paper", "ground", "note", "warn", "well", "ill"])
@pytest.mark.parametrize("text", ["ink", "soft", "main", "main-dark", "good", "bad", "doubt"])
def test_every_colour_of_text_can_be_read_on_every_ground(text: str, behind: str) -> None:
    light, dark = sorted((luminance(COLOURS[text]), luminance(COLOURS[behind])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_files_are_read_from_the_package() -> None:
    assert set(static_files._FILES) == {"portal.css", "mark.svg", "htmx.js", "sending.js"}
