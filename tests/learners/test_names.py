"""Which names are one name, which are none, and how they are shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditbank.learners.names import NameImpossible, mask_name, names_agree, normalise_name, read_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张三丰", "张 三 丰"),
        ("张三", "张\u3000三"),
        ("张三", " 张三\u200b"),
        ("买买提·艾力", "买买提•艾力"),
        ("买买提·艾力", "买买提・艾力"),
        ("买买提·艾力", "买买提‧艾力"),
        ("买买提·艾力", "买买提.艾力"),
        ("买买提·艾力", "买买提．艾力"),
        ("买买提·艾力", "买买提 · 艾力"),
        ("金⼭", "金山"),
        ("John Smith", "JOHN  SMITH"),
        ("John Smith", "Ｊｏｈｎ Ｓｍｉｔｈ"),
        ("O'Neill", "O’NEILL"),
        ("Müller", "MU\u0308LLER"),
    ],
)
def test_two_writings_of_one_name_agree(one: str, other: str) -> None:
    assert names_agree(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("张三", "张三丰"),
        ("张叁", "张三"),
        ("買買提", "买买提"),
        ("买买提·艾力", "买买提艾力"),
        ("John Smith", "Johnsmith"),
        ("John Smith", "Smith John"),
        ("José", "Jose"),
    ],
)
def test_two_names_do_not_agree_however_alike(one: str, other: str) -> None:
    assert not names_agree(one, other)


@pytest.mark.parametrize(
    "name",
    ["张三", "欧阳明月", "买买提·艾力", "John Smith", "Anne-Marie d'Arc", "𠮷田", "〇", "㛃", "\U00031350明", "Müller"],
)
def test_a_name_is_kept_as_it_is(name: str) -> None:
    assert read_name(name) == name


@pytest.mark.parametrize(
    "written",
    [
        "",
        "  ",
        "·",
        "张三1",
        "张三１",
        "张三（大）",
        "张\n三",
        "张\x00三",
        "张?",
        "\ue000三",
        "张\ufffd",
        "张" * 61,
        "a@b",
        "<b>",
    ],
)
def test_what_is_no_name_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(NameImpossible) as caught:
        read_name(written)
    assert caught.value.field == "/learner/name"
    for language in ("zh", "en"):
        said = caught.value.sentence(language)
        assert len(written.strip()) < 2 or written not in said


def test_sixty_characters_are_a_name_and_sixty_one_are_not() -> None:
    assert read_name("a" * 60) == "a" * 60
    with pytest.raises(NameImpossible):
        read_name("a" * 61)


@given(written=st.text(alphabet="张三丰ABCabcß·•. \u3000’'-éﬁ", max_size=12))
def test_a_normal_form_is_its_own_normal_form(written: str) -> None:
    once = normalise_name(written)
    assert normalise_name(once) == once
    assert names_agree(written, once)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三丰", "张*丰"),
        ("张三", "张*"),
        ("欧阳明月", "欧**月"),
        ("张", "*"),
        ("买买提·艾力", "买**·*力"),
        ("John Smith", "J*** S****"),
        ("张 三 丰", "张*丰"),
    ],
)
def test_a_name_is_shown_without_its_middle(name: str, shown: str) -> None:
    assert mask_name(name) == shown


@given(name=st.text(alphabet="张三丰李四·", min_size=2, max_size=10))
def test_a_shown_name_never_is_the_name(name: str) -> None:
    if any(c != "·" for c in name):
        assert mask_name(name) != read_name(name)
