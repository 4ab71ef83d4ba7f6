"""The page docs/access.md, written from the table itself, so that what is said and what is enforced are one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from creditbank.identity.actor import Reach
from creditbank.identity.permit import ROLES, SCOPES, Permit
from creditbank.identity.who_may import PERMITS, PUBLIC

_REACH = {
    Reach.ANY: ("全部", "everybody's"),
    Reach.INSTITUTION: ("本机构的", "their institution's"),
    Reach.CONSENTED: ("本机构所报或经授权的", "what their institution reported, or was consented to"),
    Reach.CHILD: ("被监护人的", "their child's"),
    Reach.OWN: ("本人的", "their own"),
}

_BEFORE = """# 谁可以做什么 · Who may do what

本页由 `creditbank.identity.who_may` 生成，测试保证二者一致；改权限就是改那张表。
This page is written from `creditbank.identity.who_may`, and a test holds the two equal: to change a right is to change
that table. A route that is not in it keeps the bank from starting. What is not yours and what is not there get the
same answer (404); a scope or role that a route does not name gets 403; no valid token gets 401.

A token holds for minutes and is not looked up again: a client, secret or sign-in that is disabled gets no new one, and
one already given works until it expires. The session cookie of the portal is read by the portal's pages alone, never
under `/v1`. `/metrics` names routes and no person or institution; it is open so that a scraper needs no secret, and a
proxy in front of the bank should not pass it on.

An administrator gives access and sees no learner's data; an officer decides about identities and gives no access; an
auditor reads and changes nothing. A sign-in holds roles of one institution, or exactly one role of the bank, and a
client's scopes are bound to exactly one institution.

**What is not prevented.** 系统管理员可以为自己开通业务员登录，或重置业务员的密码后以其名义登录，从而看到学习者的数据；
系统不要求第二人确认，重置后的密码也不强制在首次登录时修改。An administrator can open an officer's sign-in, or reset an
officer's password, and come in with it: no second person confirms it, and a password that was reset need not be changed
at the first sign-in. What is kept is the trace, which no administrator reads or removes through the API: `login_opened`
and `password_reset` name the administrator, the sign-in and its roles; every sign-in of staff is `signed_in`; every
look at a learner by office is `learner_seen`. The auditor should ask each officer about each `password_reset` that
names them. An officer whose password no longer works should say so to the auditor, not only to the administrator.
"""


def access_page() -> str:
    """The whole page, in Markdown."""
    parts = [_BEFORE]
    parts += ["\n## 权限范围 · Scopes of clients\n", *_table(("scope", "中文", "English"), _words(SCOPES))]
    parts += ["\n## 角色 · Roles of people\n", *_table(("role", "中文", "English"), _words(ROLES))]
    parts += ["\n## 公开 · Open to anybody\n", *_table(("route", "中文", "English"), _public())]
    parts += [
        "\n## 须表明身份 · For those who say who they are\n",
        *_table(("route", "scopes", "roles"), _guarded()),
    ]
    parts += ["\n## 范围 · How far\n", *_table(("reach", "中文", "English"), ((f"`{r}`", *_REACH[r]) for r in Reach))]
    return "".join(parts)


def _words(words: object) -> Iterable[tuple[str, ...]]:
    assert isinstance(words, dict)
    return ((f"`{word}`", zh, en) for word, (zh, en) in words.items())


def _public() -> Iterable[tuple[str, ...]]:
    return ((f"`{method} {path}`", zh, en) for (method, path), (zh, en) in PUBLIC.items())


def _guarded() -> Iterable[tuple[str, ...]]:
    for (method, path), permit in PERMITS.items():
        where = f"`{method} {path}`" + (" (cookie)" if permit.by_cookie else "")
        if permit.everybody:
            yield where, "any", "any"
        else:
            yield where, _held(permit, permit.scopes), _held(permit, permit.roles)


def _held(permit: Permit, words: frozenset[str]) -> str:
    order = [*SCOPES, *ROLES]
    return ", ".join(f"{word} ({permit.grants[word]})" for word in sorted(words, key=order.index)) or "–"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    yield "\n| " + " | ".join(head) + " |\n"
    yield "|" + " --- |" * len(head) + "\n"
    for row in rows:
        yield "| " + " | ".join(row) + " |\n"


if __name__ == "__main__":
    Path("docs/access.md").write_text(access_page(), encoding="utf-8")
