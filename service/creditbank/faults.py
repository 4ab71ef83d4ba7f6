"""What is wrong with malformed content, in Chinese and English, never repeating a byte of what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from creditbank.credits import AmountNotExact

MOST_FAULTS = 50
"""How many faults of one payload are said: a file of nonsense is not answered with a file of complaints."""

_SAID: Mapping[str, tuple[str, str]] = {
    "missing": ("缺少此项", "is missing"),
    "extra_forbidden": ("不认识此项，请核对字段名", "is not a field the bank knows; check its name"),
    "json_invalid": ("不是有效的 JSON", "is not JSON"),
    "model_attributes_type": (
        "应为 JSON 对象，且 Content-Type 为 application/json",
        "should be a JSON object, sent as application/json",
    ),
    "model_type": ("应为 JSON 对象", "should be a JSON object"),
    "dict_type": ("应为 JSON 对象", "should be a JSON object"),
    "list_type": ("应为列表", "should be a list"),
    "tuple_type": ("应为列表", "should be a list"),
    "string_type": ("应为文字", "should be text"),
    "string_unicode": ("应为有效的 Unicode 文字", "should be valid Unicode text"),
    "string_too_short": ("不应少于 {min_length} 个字符", "should have at least {min_length} characters"),
    "string_too_long": ("不应多于 {max_length} 个字符", "should have at most {max_length} characters"),
    "string_pattern_mismatch": ("格式不符", "is not of the form that is asked for"),
    "too_short": ("不应少于 {min_length} 项", "should have at least {min_length} items"),
    "too_long": ("不应多于 {max_length} 项", "should have at most {max_length} items"),
    "literal_error": ("应为以下之一：{expected}", "should be one of: {expected}"),
    "enum": ("应为以下之一：{expected}", "should be one of: {expected}"),
    "union_tag_invalid": ("应为以下之一：{expected_tags}", "should be one of: {expected_tags}"),
    "union_tag_not_found": ("缺少用以区分种类的 {discriminator}", "lacks {discriminator}, which says what kind it is"),
    "bool_type": ("应为 true 或 false", "should be true or false"),
    "bool_parsing": ("应为 true 或 false", "should be true or false"),
    "int_type": ("应为整数", "should be a whole number"),
    "int_parsing": ("应为整数", "should be a whole number"),
    "int_parsing_size": ("数字过大", "is too large a number"),
    "int_from_float": ("应为整数", "should be a whole number"),
    "float_type": ("应为数字", "should be a number"),
    "float_parsing": ("应为数字", "should be a number"),
    "decimal_type": ("应为数字", "should be a number"),
    "decimal_parsing": ("应为数字", "should be a number"),
    "finite_number": ("应为有限的数字", "should be a finite number"),
    "greater_than": ("应大于 {gt}", "should be greater than {gt}"),
    "greater_than_equal": ("不应小于 {ge}", "should be {ge} or more"),
    "less_than": ("应小于 {lt}", "should be less than {lt}"),
    "less_than_equal": ("不应大于 {le}", "should be {le} or less"),
    "multiple_of": ("应为 {multiple_of} 的倍数", "should be a multiple of {multiple_of}"),
    "uuid_type": ("应为 UUID", "should be a UUID"),
    "uuid_parsing": ("应为 UUID", "should be a UUID"),
    "date_type": ("应为日期，如 2025-09-01", "should be a date such as 2025-09-01"),
    "date_parsing": ("应为日期，如 2025-09-01", "should be a date such as 2025-09-01"),
    "date_from_datetime_parsing": ("应为日期，如 2025-09-01", "should be a date such as 2025-09-01"),
    "date_from_datetime_inexact": ("应为日期，不带时刻", "should be a date without a time"),
    "datetime_type": (
        "应为时刻，如 2025-09-01T08:00:00+08:00",
        "should be an instant such as 2025-09-01T08:00:00+08:00",
    ),
    "datetime_parsing": (
        "应为时刻，如 2025-09-01T08:00:00+08:00",
        "should be an instant such as 2025-09-01T08:00:00+08:00",
    ),
    "datetime_from_date_parsing": (
        "应为时刻，如 2025-09-01T08:00:00+08:00",
        "should be an instant such as 2025-09-01T08:00:00+08:00",
    ),
    "timezone_aware": ("时刻应带时区", "should say its time zone"),
}
_UNFIT = ("不符合要求", "is not acceptable here")
_AMOUNT = (
    '应为不小于 0、至多两位小数的学分，如 "2.5"',
    'should be 0 credits or more with at most two places, such as "2.5"',
)


def faults_of(errors: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Every fault as {pointer, type, zh, en}: the pointer is of the body (`/credits`), or names a `query`, `path` …

    A validator of the bank's own that raises `ValueError("中文|English")` is quoted; any other message is not, because
    it might repeat what was sent.
    """
    return [_fault(error) for _, error in zip(range(MOST_FAULTS), errors, strict=False)]


def _fault(error: Mapping[str, Any]) -> dict[str, str]:
    context = error.get("ctx") or {}
    zh, en = _SAID.get(error["type"], _UNFIT)
    if error["type"] == "value_error":
        zh, en = _own(context.get("error"))
    else:
        zh, en = _filled(zh, en, context)
    return {"pointer": _pointer(error["loc"]), "type": str(error["type"]), "zh": zh, "en": en}


def _own(failure: object) -> tuple[str, str]:
    if isinstance(failure, AmountNotExact):
        return _AMOUNT
    zh, bar, en = str(failure).partition("|")
    return (zh, en) if bar else _UNFIT


def _filled(zh: str, en: str, context: Mapping[str, Any]) -> tuple[str, str]:
    try:
        return zh.format(**context), en.format(**context)
    except (KeyError, ValueError, IndexError):
        return _UNFIT


def _pointer(loc: tuple[int | str, ...]) -> str:
    """A JSON pointer (RFC 6901); a part that is not of the body says which part it is."""
    where, *rest = loc
    path = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in rest)
    if where == "body":
        return "" if len(rest) == 1 and isinstance(rest[0], int) else path
    return f"{where}:{path}"


def summary(faults: list[dict[str, str]], language: str) -> str:
    """The first fault in one sentence, and how many more there are."""
    first = faults[0]
    where = first["pointer"] or ("正文" if language == "zh" else "the body")
    rest = len(faults) - 1
    if language == "zh":
        return f"{where} {first['zh']}" + (f"（另有 {rest} 处）" if rest else "")
    return f"{where} {first['en']}" + (f" (and {rest} more)" if rest else "")
