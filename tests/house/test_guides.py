"""The documents lead where they say: links are there, and the pictures of the guides are scenes to repeat."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from creditbank.identity.page_permits import PAGES, PUBLIC_PAGES
from tests.demo.guide_pictures import GUIDES, LARGEST, PICTURES, SCENES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "clients").rglob("*.md")])
ROLES = {"learner", "college", "provider", "officer", "verifier", "developer"}

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def guides() -> list[Path]:
    return sorted(GUIDES.glob("*.md"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_a_document_links_to_is_there(document: Path) -> None:
    bare = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.DOTALL)
    linked = [to for to in LINK.findall(bare) if not re.match(r"[a-z]+:", to)]
    assert [to for to in linked if not (document.parent / to).exists()] == []


def test_there_is_a_guide_for_every_role() -> None:
    assert {path.stem for path in guides()} == ROLES


@pytest.mark.parametrize("guide", guides(), ids=name_of)
def test_a_guide_is_in_chinese_first_and_in_english_after(guide: Path) -> None:
    text = guide.read_text("utf-8")
    assert re.match(r"# .*[\u4e00-\u9fff].* · [A-Z]", text), "the title says it in both languages"
    if guide.stem != "developer":
        chinese, _, english = text.partition("\n## English\n")
        assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 400
        assert len(english.split()) > 250


def test_every_picture_of_a_guide_is_a_scene_that_says_what_it_shows() -> None:
    shown = {}
    for guide in guides():
        for says, to in PICTURE.findall(guide.read_text("utf-8")):
            assert len(says) >= 4, (guide, to)
            shown[(guide.parent / to).resolve().relative_to(PICTURES).stem] = guide.stem
    assert set(shown) == set(SCENES) == {path.stem for path in PICTURES.iterdir()}
    assert [path for path in PICTURES.iterdir() if path.stat().st_size > LARGEST] == []


@pytest.mark.parametrize("guide", guides(), ids=name_of)
def test_every_page_that_a_guide_names_is_one_that_somebody_may_open(guide: Path) -> None:
    """An address in a guide is written as a page's own: `/my/claims/{claim_id}`."""
    named = set(re.findall(r"`(/(?!v1\b|metrics|openapi|readyz|livez|\.)[a-z][^`\s?]*|/)`", guide.read_text("utf-8")))
    assert named - {path for method, path in (*PAGES, *PUBLIC_PAGES) if method == "GET"} == set()
