"""Every setting and every code is explained in Chinese and in English, on pages that say what the code says."""

from __future__ import annotations

import re
import string
from collections import defaultdict

from creditbank.config import Settings
from creditbank.errors import BankError, every_error
from creditbank.records.refusals import Warned
from tests.house.pages import BESIDE, DOCS, casebook_page, codes_page, errors_without_code, every_module, settings_page

ROOT = DOCS.parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WRITE_AGAIN = "write it again: python -m tests.house.pages"

SAID_IN_TWO_PLACES = {"identity_under_review"}
"""An institution sees one code for every doubt about who somebody is, wherever it arises."""

WITHOUT_CODE = {
    "RowRefused", "RowProblem", "FileRefused", "AgreementRefused", "RoundRefused", "SheetRefused", "SheetRowRefused",
}  # fmt: skip
"""What all refusals of a row or a file are, and the envelope of one: none is ever said itself."""


def ours() -> list[type[BankError]]:
    every_module()
    return [error for error in every_error() if error.__module__.startswith("creditbank")]


def placeholders(template: str) -> set[str]:
    named = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    return {re.sub("_(zh|en)$", "", name) for name in named}


def test_every_setting_is_described_in_chinese_and_in_english() -> None:
    for name, field in Settings.model_fields.items():
        zh, bar, en = (field.description or "").partition("|")
        assert bar, name
        assert CHINESE.search(zh), name
        assert not CHINESE.search(en), name
        assert zh.endswith("。"), name
        assert en.endswith("."), name
        assert "|" not in en, name


def test_the_page_about_settings_is_what_the_settings_say() -> None:
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == settings_page(), WRITE_AGAIN


def test_the_page_about_cases_is_what_the_rule_documents_say() -> None:
    assert (DOCS / "casebook.md").read_text(encoding="utf-8") == casebook_page(), WRITE_AGAIN


def test_every_variable_that_the_service_reads_is_on_the_page() -> None:
    named = re.compile(r"\bCREDITBANK_[A-Z_]+\b")
    source = [*(ROOT / "service").rglob("*.py"), *(ROOT / "migrations").rglob("*.py")]
    read = {name for path in source for name in named.findall(path.read_text(encoding="utf-8"))}
    known = {f"CREDITBANK_{name.upper()}" for name in Settings.model_fields} | set(BESIDE)
    assert read <= known
    assert set(BESIDE) <= read


def test_a_code_is_one_refusal() -> None:
    by_code = defaultdict(set)
    for error in ours():
        by_code[error.code].add(f"{error.__module__}.{error.__qualname__}")
    assert {code: said for code, said in by_code.items() if len(said) > 1 and code not in SAID_IN_TWO_PLACES} == {}


def test_every_refusal_has_a_code_and_both_sentences_say_the_same_of_the_case() -> None:
    assert {error.__name__ for error in errors_without_code()} <= WITHOUT_CODE
    for error in ours():
        assert error.zh, error
        assert error.en, error
        assert placeholders(error.zh) == placeholders(error.en), error


def test_every_warning_is_said_in_both_languages() -> None:
    for code, (zh, en) in Warned.SENTENCES.items():
        assert re.fullmatch("[a-z][a-z0-9_]*", code), code
        assert CHINESE.search(zh), code
        assert en, code
        assert not CHINESE.search(en), code
        assert code not in {error.code for error in ours()}, code


def test_the_page_about_codes_is_what_the_errors_say() -> None:
    assert (DOCS / "codes.md").read_text(encoding="utf-8") == codes_page(), WRITE_AGAIN


def words_of_the_glossary() -> list[tuple[str, str, str, str]]:
    rows = [
        tuple(cell.strip() for cell in line.strip("|\n ").split("|"))
        for line in (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and "`" in line
    ]
    return [(word, zh, meaning, named.strip("`")) for word, zh, meaning, named in rows]


def test_a_word_of_the_glossary_is_one_idea_in_both_languages_and_in_the_code() -> None:
    words = words_of_the_glossary()
    assert len(words) > 50
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "service").rglob("*.py")))
    for word, zh, meaning, named in words:
        assert CHINESE.search(zh), word
        assert meaning, word
        assert re.search(rf"\b{re.escape(named)}\b", source), (word, named)
    for place in (0, 1, 3):
        said = [row[place] for row in words]
        assert sorted({each for each in said if said.count(each) > 1} - {"学习成果"}) == []


def test_the_pages_link_to_pages_that_are_there() -> None:
    link = re.compile(r"\]\((?!https?:|#)([^)#]+)")
    for page in [*DOCS.rglob("*.md"), ROOT / "README.md"]:
        for target in link.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page.name, target)


def test_every_record_of_a_decision_has_a_number_of_its_own_and_says_what_was_decided() -> None:
    records = sorted((DOCS / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in records]
    assert len(numbers) == len(set(numbers))
    for path in records:
        text = path.read_text(encoding="utf-8")
        assert re.match(rf"# {path.name[:4]} \S", text), path.name
        assert "**Decided**" in text, path.name
        assert len(text.split()) < 700, f"{path.name} is longer than a page"
