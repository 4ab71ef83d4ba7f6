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
            f'    -d grant_type=client_credentials {token} | sed \'s/.*"access_token":"\\([^"]*\\)".*/\\1/\')',
            f'  curl -s -H "Authorization: Bearer $TOKEN" {file.base_url}/v1/learners/{mover["learner_id"]}/transcript',
            "",
            f"  一份教务表 · a registrar's workbook  {_from_here(TO_LOOK_AT.path)}",
            "  再报送一次 · submit it again",
            *_again(file),
            "",
        ]
    )


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
