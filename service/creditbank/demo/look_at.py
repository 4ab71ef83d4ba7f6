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
    lines = [
        "",
        f"  {file.base_url}/                      首页 · front page",
        f"  {file.base_url}/sign-in               登录 · sign in",
        f"  {file.base_url}/openapi.json          接口 · the contract",
        f"  {file.path}    全部客户端与人员 · every client and person",
        "",
    ]
    for login, role in _TO_TRY:
        person = file.person(login)
        if person is not None:
            lines.append(f"  {login:<24} {person['password']:<26} {role}")
    token = f"{file.base_url}/v1/oauth/token"
    lines += [
        "",
        f"  curl -s -u {client['client_id']}:{client['client_secret']} -d grant_type=client_credentials {token}",
        f'  curl -s -H "Authorization: Bearer $TOKEN" {file.base_url}/v1/learners/{mover["learner_id"]}/transcript',
        "",
    ]
    return "\n".join(lines)
