"""Forms that people post: whether they come from the bank's own pages, and what was typed."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from fastapi import Request

from creditbank.errors import BankError, Malformed

LONGEST_FORM = 8192
MOST_FIELDS = 20
_FORM = "application/x-www-form-urlencoded"


class FormFromElsewhere(BankError):
    """Another site posted a form in the name of somebody who is signed in here."""

    status = 403
    code = "form_from_elsewhere"
    zh = "该请求不是从学分银行的页面提交的，未作处理。请回到本站页面重新操作。"
    en = "This did not come from a page of the credit bank, and nothing was done. Go back to a page here and try again."


class FormWithoutOrigin(BankError):
    """Nothing says which page posted the form: every browser of today does."""

    status = 400
    code = "form_without_origin"
    zh = "浏览器没有说明该表单来自哪个页面，为安全起见未作处理。请关闭隐藏来源的设置或换用其他浏览器。"
    en = (
        "Your browser did not say which page this form came from, so nothing was done. "
        "Switch off what hides it, or use another browser."
    )


async def must_be_ours(request: Request) -> None:
    """Let a form pass only from a page of this bank; a session cookie alone is no proof of that.

    Sec-Fetch-Site and Origin, which no script can set, then Referer for browsers that know neither.
    Raises FormFromElsewhere, FormWithoutOrigin.
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        raise FormFromElsewhere
    if origin is not None and not _is_here(request, origin):
        raise FormFromElsewhere
    if site is not None or origin is not None:
        return
    referer = request.headers.get("referer")
    if referer is None:
        raise FormWithoutOrigin
    if not _is_here(request, referer):
        raise FormFromElsewhere


def _is_here(request: Request, address: str) -> bool:
    """Whether an address is of this site: of its public address, or of the host that the browser asked."""
    try:
        asked, base = urlsplit(address), urlsplit(request.app.state.settings.base_url)
    except ValueError:
        return False
    if (asked.scheme, asked.netloc) == (base.scheme, base.netloc):
        return True
    # Without TLS the bank is reached by whatever name the network gives it; with TLS only by its own.
    return base.scheme == "http" and asked.scheme == "http" and asked.netloc == request.headers.get("host")


async def typed(request: Request, *, longest: int = LONGEST_FORM) -> dict[str, str]:
    """The fields of a posted form, each once. Raises Malformed."""
    pairs = await typed_pairs(request, longest=longest)
    form = dict(pairs)
    if len(form) != len(pairs):
        raise not_readable()
    return form


async def typed_pairs(
    request: Request, *, longest: int = LONGEST_FORM, most: int = MOST_FIELDS
) -> list[tuple[str, str]]:
    """The fields of a posted form as they came; several may have one name. Raises Malformed."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise not_readable()
    body = await request.body()
    if len(body) > longest:
        raise not_readable()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError:
        raise not_readable() from None
    if any("\x00" in value for _, value in pairs):
        raise not_readable()
    return pairs


def not_readable() -> Malformed:
    """A form that no browser sends."""
    return Malformed(why_zh="表单无法读取", why_en="the form cannot be read")
