"""Who may: the one table that says, for every route, which scope or role opens it and how far it reaches."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.api_permits import API
from creditbank.identity.page_permits import PAGES, PUBLIC_PAGES
from creditbank.identity.permit import Permit

PERMITS: Mapping[tuple[str, str], Permit] = {**API, **PAGES}

PUBLIC: Mapping[tuple[str, str], tuple[str, str]] = {
    ("POST", "/v1/oauth/token"): ("凭密钥或密码换取令牌", "where a secret or a password becomes a token; throttled"),
    ("POST", "/v1/accounts/activation"): ("凭一次性激活码激活账户", "asks for a one-time code; throttled"),
    ("POST", "/v1/share-openings"): ("凭授权码查看，计次、限速", "asks for the code of a share; counted and throttled"),
    ("GET", "/.well-known/jwks.json"): ("验证令牌的公钥", "the public keys that verify tokens (RFC 7517)"),
    ("GET", "/.well-known/oauth-authorization-server"): ("授权服务器说明", "where tokens are had (RFC 8414)"),
    ("GET", "/v1/rules"): ("规则公开", "rules are public: a refusal cites them"),
    ("GET", "/v1/rules/{document}"): ("规则公开", "rules are public: a refusal cites them"),
    ("GET", "/v1/rules/{document}/history"): ("规则公开", "rules are public, and so is how they came to be"),
    ("GET", "/v1/rules/{document}/clauses/{clause}"): ("规则公开", "rules are public: a refusal cites them"),
    ("GET", "/openapi.json"): ("接口说明", "the contract of this API"),
    ("GET", "/livez"): ("存活检查", "answers when the process runs"),
    ("GET", "/readyz"): ("就绪检查", "answers when the database does; says nothing else"),
    ("GET", "/metrics"): (
        "按路由统计的请求数与时长，不含任何人和机构；反向代理不应对外转发",
        "counts and times by route, no person or institution in them; a proxy should not pass it on",
    ),
    **PUBLIC_PAGES,
}
"""The short list of routes that ask for nobody, each with the reason in Chinese and English."""


class RouteWithoutPermit(RuntimeError):
    """A route that the table does not know: the bank does not open with it."""


def permit_for(method: str, path: str) -> Permit | None:
    """The permit of a route, or nothing for a public one. Raises RouteWithoutPermit for one nobody thought about."""
    key = ("GET" if method == "HEAD" else method, path)
    if key in PERMITS:
        return PERMITS[key]
    if key in PUBLIC:
        return None
    raise RouteWithoutPermit(f"{method} {path} is not in creditbank.identity.who_may: say who may use it")
