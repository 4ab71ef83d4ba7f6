"""Who may open the pages that belong to nobody in particular."""

from __future__ import annotations

from collections.abc import Mapping

from creditbank.identity.permit import Permit

ANY_PAGE = Permit(everybody=True, by_cookie=True)

FRAME: Mapping[tuple[str, str], Permit] = {
    ("POST", "/sign-out"): ANY_PAGE,
    ("GET", "/my/password"): ANY_PAGE,
    ("POST", "/my/password"): ANY_PAGE,
}

PUBLIC_FRAME: Mapping[tuple[str, str], tuple[str, str]] = {
    ("GET", "/"): ("首页", "the front page"),
    ("GET", "/sign-in"): ("登录页", "the sign-in page"),
    ("GET", "/static/{name}"): ("页面样式与图标", "the stylesheet and the pictures of the pages"),
    ("GET", "/rules"): ("现行规则", "the rules in force"),
    ("GET", "/rules/{document}"): ("一份规则的条款、依据和情形", "a rule: its clauses, sources and cases"),
    ("GET", "/activate"): ("激活账户页", "the page on which an account is activated"),
    ("GET", "/design"): ("页面构件", "the pieces of the pages, with nobody's data"),
    ("GET", "/design/progress"): ("页面构件中自行刷新的一块", "the piece of them that asks for itself again"),
    ("POST", "/activate"): ("凭一次性激活码激活账户", "asks for a one-time code; throttled"),
    ("POST", "/sign-in"): ("登录", "where a password becomes a session; throttled"),
}
