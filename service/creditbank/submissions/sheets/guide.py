"""The tables of `docs/submissions.md`, as the catalogue has them; run as a module it prints them."""

from __future__ import annotations

from creditbank.submissions.sheets.columns import KEY, KIND_NAMES, KINDS, LEARNER, REASON, RECORD_ID, Field

MOST_WORDINGS = 8
"""How many wordings of a header the guide lists; the catalogue has more."""


def column_tables() -> list[str]:
    """A table of the learner's columns, one of each kind of record, and one of what withdrawals have besides."""
    tables = [_table("每一行都有：学习者", "Every row: the learner", LEARNER)]
    for kind, fields in KINDS.items():
        zh, en = KIND_NAMES[kind]
        tables.append(_table(f"{zh} `{kind}`", en, tuple(field for field in fields if field not in LEARNER)))
    return [*tables, _table("另外可有；撤回与改派时", "Besides; to withdraw and to reassign", (RECORD_ID, KEY, REASON))]


def _table(zh: str, en: str, fields: tuple[Field, ...]) -> str:
    rows = [
        f"| {field.zh}{' **必填**' if field.required else ''} | `{field.name}` | {_wordings(field)} |"
        for field in fields
    ]
    return "\n".join(
        [f"### {zh} · {en}", "", "| 列 column | 字段 field | 也认得 also known as |", "| --- | --- | --- |", *rows]
    )


def _wordings(field: Field) -> str:
    others = [word for word in field.headers if word not in (field.zh, field.name)]
    return "、".join(others[:MOST_WORDINGS])


if __name__ == "__main__":
    print("\n\n".join(column_tables()))
