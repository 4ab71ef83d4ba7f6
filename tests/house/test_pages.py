"""Every setting and every code is explained in Chinese and in English, on pages that say what the code says."""

from __future__ import annotations

import re
import string
from collections import defaultdict

from creditbank.config import Settings
from creditbank.errors import BankError, every_error
from creditbank.records.refusals import Warned
from tests.house.pages import BESIDE, DOCS, codes_page, errors_without_code, every_module, settings_page

ROOT = DOCS.parent
CHINESE = re.compile(r"[\u4e00-\u9fff]")
WRITE_AGAIN = "write it again: python -m tests.house.pages"

SAID_IN_TWO_PLACES = {"identity_under_review"}
"""An institution sees one code for every doubt about who somebody is, wherever it arises."""

WITHOUT_CODE = {"RowRefused", "RowProblem"}
"""What all refusals of a row are, and the envelope of one: neither is ever said itself."""


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
