"""What the demo prints when the city is open: where to go, who to be, and what to type."""

from __future__ import annotations

from creditbank.demo.demofile import DemoFile

_TO_TRY = (
    ("shen.zhiyuan", "学习者 · learner"),
    ("vocational.registrar", "教务员 · registrar"),
    ("demo.officer", "业务员 · officer"),
)


def words(file: DemoFile) -> str:
    """The addresses, three people to sign in as, and two calls to type."""
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
        ]
    )
