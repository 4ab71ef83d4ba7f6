"""How a page is answered: rendered in the visitor's language, with the headers that keep it safe and unkept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from creditbank import clock
from creditbank.errors import BankError, Language
from creditbank.identity.actor import Actor
from creditbank.identity.page_permits import PUBLIC_PAGES
from creditbank.learners.account_numbers import grouped
from creditbank.portal import session as sessions
from creditbank.portal import writing
from creditbank.portal.compressing import PackedOnTheWay
from creditbank.portal.navigation import ways_of
from creditbank.portal.session import Cookies
from creditbank.portal.static_files import PATH as STATIC
from creditbank.portal.static_files import address_of
from creditbank.portal.words import speaker

LANGUAGE_COOKIE = "creditbank_language"
_FOR_EVERYBODY = frozenset(path for _, path in PUBLIC_PAGES) - {f"{STATIC}/{{name}}"}
_HOMES: Mapping[str, tuple[str, str]] = {
    "learner": ("/my", "front_my"),
    "guardian": ("/my", "front_my"),
    "registrar": ("/console", "front_console"),
    "department_reviewer": ("/console", "front_console"),
    "provider": ("/console", "front_console"),
    "certificate_body": ("/console", "front_console"),
    "appeal_reviewer": ("/console", "front_console"),
    "officer": ("/office", "front_office"),
    "auditor": ("/office", "front_office"),
    "administrator": ("/office", "front_office"),
}
"""Where somebody of a role begins, and what the way there is called; the first that they hold."""
_A_YEAR = timedelta(days=365)

# Nothing but our own stylesheet, pictures and script file, which asks nobody but us; forms to ourselves, no frame
# around us; no script or style within a page (CSP Level 3).
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SAFE: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Frame-Options": "DENY",
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Cookie, Accept-Encoding",
}

_TEMPLATES = Environment(
    loader=PackageLoader("creditbank.portal", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_TEMPLATES.globals.update(static=address_of)
_TEMPLATES.filters["begun"] = lambda said: said[:1].upper() + said[1:]
_TEMPLATES.filters["cited"] = writing.cited
_TEMPLATES.filters["dated"] = writing.days_in
_TEMPLATES.filters["grouped"] = grouped


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page: in which language, by whom, and which cookies its answer will set."""

    request: Request
    language: Language
    actor: Actor | None
    at: datetime
    cookies: Cookies


def visit(request: Request) -> Visit:
    """A visit of anybody; `actor` is who holds a session, if somebody does."""
    secure = request.app.state.settings.base_url.startswith("https://")
    cookies = Cookies(secure)
    language = _language(request, cookies)
    return Visit(request, language, sessions.signed_in(request), clock.now(), cookies)


def page(
    visited: Visit,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    here: str | None = None,
    **said: object,
) -> Response:
    """A page from its template; `here` is where it is read, if that is not where it was asked for."""
    language = visited.language
    text = _TEMPLATES.get_template(template).render(
        say=speaker(language),
        language=language,
        lang="zh-CN" if language == "zh" else "en",
        other_lang="en" if language == "zh" else "zh-CN",
        other_language=_in_the_other_language(visited, here),
        actor=visited.actor,
        home=home_of(visited.actor),
        path=visited.request.url.path,
        request_query=visited.request.query_params.get,
        ways=ways_of(visited.actor, visited.request.url.path, learner=visited.request.query_params.get("learner")),
        day=lambda value: writing.day(value, language),
        instant=lambda value: writing.instant(value, language),
        **said,
    )
    response = PackedOnTheWay(
        text,
        status_code=status,
        media_type="text/html; charset=utf-8",
        headers={**SAFE, "Content-Language": "zh-CN" if language == "zh" else "en", **(headers or {})},
    )
    visited.cookies.set_on(response)
    return response


def sent_to(visited: Visit, address: str) -> Response:
    """To another page, by GET."""
    response = Response(status_code=303, headers={"Location": address, **SAFE})
    visited.cookies.set_on(response)
    return response


def home_of(actor: Actor | None) -> tuple[str, str] | None:
    """The address of the pages of whoever is signed in and the phrase for it; nothing for a role that has none yet."""
    return next((home for role, home in _HOMES.items() if actor is not None and role in actor.roles), None)


def is_for_a_person(request: Request) -> bool:
    """Whether whoever asked reads pages: at the address of one, or at no address of ours with a browser."""
    permit, route = request.scope.get("creditbank.permit"), request.scope.get("creditbank.route")
    if route is not None:
        return route in _FOR_EVERYBODY or (permit is not None and permit.by_cookie)
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/")


def problem_page(request: Request, error: BankError) -> Response:
    """A refusal as a page: the sentence that the API says, where it says something to people."""
    visited = visit(request)
    return page(
        visited,
        "problem.html",
        status=error.status,
        headers=error.headers,
        heading=f"problem_{error.status}" if error.status in (403, 404, 429, 503) else "problem_other",
        sentence=_for_people(error, visited.language),
        number=request.scope.get("creditbank.request", ""),
    )


def _for_people(error: BankError, language: Language) -> str:
    """The sentence of a refusal; whoever reads pages is not told where the interface for programs is described."""
    say = speaker(language)
    return say("problem_no_page") if error.code == "no_such_address" else error.sentence(language)


def _language(request: Request, cookies: Cookies) -> Language:
    """Chinese, unless the visitor asked for English, now by `?lang=` or before."""
    asked = request.query_params.get("lang")
    if asked in ("zh", "en"):
        cookies.values[LANGUAGE_COOKIE] = asked
        cookies.lasting[LANGUAGE_COOKIE] = _A_YEAR
        return "en" if asked == "en" else "zh"
    return "en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "zh"


def _in_the_other_language(visited: Visit, here: str | None) -> str:
    """The address of this page in the other language, with whatever else was asked for."""
    other = "en" if visited.language == "zh" else "zh"
    if here is not None:
        return f"{here}{'&' if '?' in here else '?'}lang={other}"
    url = visited.request.url
    asked = [(name, value) for name, value in visited.request.query_params.multi_items() if name != "lang"]
    return f"{url.path}?{urlencode([*asked, ('lang', other)])}"
