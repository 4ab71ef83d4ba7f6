"""What the demo prints when the city is open: where to go, who to be, and what to type."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from creditbank.demo.city import institution
from creditbank.demo.demofile import DemoFile
from creditbank.demo.shelf import TO_LOOK_AT

_TO_TRY = (
    ("shen.zhiyuan", "学习者 · learner"),
    ("vocational.registrar", "教务员 · registrar"),
    ("demo.officer", "业务员 · officer"),
)
_TAKE_OUT = """sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'"""
"""Takes the token out of the answer of the token endpoint."""


def words(file: DemoFile) -> str:
    """The addresses, three people to sign in as, two calls to type, and a file to submit again."""
    client = next(client for client in file.clients if client["institution"] == "河北科技师范学院")
    mover = file.person("shen.zhiyuan")
    assert mover is not None
    token = f"{file.base_url}/v1/oauth/token"
    people = [person for login, _ in _TO_TRY if (person := file.person(login)) is not None]
    return "\n".join(
        [
            "",
            f"  首页 · front page          {file.base_url}/",
            f"  登录 · sign in             {file.base_url}/sign-in",
            f"  接口 · the contract        {file.base_url}/openapi.json",
            f"  全部人员与客户端 · everybody  {file.path}",
            "",
            *(
                f"  {role:<20}  {person['login']}  {person['password']}"
                for person, (_, role) in zip(people, _TO_TRY, strict=True)
            ),
            "",
            f"  TOKEN=$(curl -s -u {client['client_id']}:{client['client_secret']} \\",
            f"    -d grant_type=client_credentials {token} | {_TAKE_OUT})",
            f'  curl -s -H "Authorization: Bearer $TOKEN" {file.base_url}/v1/learners/{mover["learner_id"]}/transcript',
            "",
            *_claims(file),
            "",
            f"  一份教务表 · a registrar's workbook  {_from_here(TO_LOOK_AT.path)}",
            "  再报送一次 · submit it again",
            *_again(file),
            "",
        ]
    )


def _claims(file: DemoFile) -> list[str]:
    """What a registrar may ask of claims: each a command, for bash."""
    registrar, learner = file.person("vocational.registrar"), file.person("peng.zhiyou")
    if registrar is None or learner is None or "plan" not in file.look_at:
        return []
    seen, bank = file.look_at, f"{file.base_url}/v1"
    person, plan = f"{bank}/learners/{learner['learner_id']}", seen["plan"]
    allocate = f"{person}/allocations -H 'Content-Type: application/json' -d '{{\"plan_id\": \"{plan}\"}}'"
    asked = (
        ("走完各步已授予 · granted", f"{bank}/claims/{seen['claim_granted']}"),
        ("上限不予及怎样可行 · refused by a cap", f"{bank}/decisions/{seen['refused_by_a_cap']}"),
        ("学院待办 · the college's inbox", f"'{bank}/claims?waiting_for=registrar'"),
        ("公示 · on notice", f"{bank}/public-notices"),
        ("最优组合 · the best allocation", allocate),
        ("毕业学分 · totals to graduate", f"'{person}/totals?plan_id={plan}'"),
        ("全方案 · of everybody in the plan", f"{bank}/plans/{plan}/totals"),
        ("学院自己的办法 · a college's method", f"'{bank}/rules/conversion.trade-demo?on=2026-09-14'"),
    )
    return [
        "  转换申请 · claims, as a registrar asks",
        f"  SIGNED=$(curl -s -d grant_type=password -d username={registrar['login']} \\",
        f"    -d password={registrar['password']} {bank}/oauth/token | {_TAKE_OUT})",
        *(f'  # {what}\n  curl -s -H "Authorization: Bearer $SIGNED" {call}; echo' for what, call in asked),
    ]


def _again(file: DemoFile) -> list[str]:
    """The command of the published client; the annotated workbook lands beside the other data, not in the package."""
    from creditbank_client import signed_in  # noqa: PLC0415 (a deployment has no client)

    entry = file.client(institution(TO_LOOK_AT.institution).name)
    assert entry is not None
    who = {
        signed_in.BASE_URL: file.base_url,
        signed_in.CLIENT_ID: entry["client_id"],
        signed_in.CLIENT_SECRET: entry["client_secret"],
    }
    command = _from_here(Path(sys.executable).with_name("creditbank-client"))
    return [
        *(f"  {name}={shlex.quote(value)} \\" for name, value in who.items()),
        f"    {command} submit {_from_here(TO_LOOK_AT.path)} --folder {_from_here(file.path.parent)}",
    ]


def _from_here(path: Path) -> str:
    """A path as one would type it."""
    here = os.path.relpath(path)
    return shlex.quote(str(path) if here.startswith("..") else here)
