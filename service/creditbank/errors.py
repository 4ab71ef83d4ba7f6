"""What the bank says when it says no: sentences with a stable code, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

Language = Literal["zh", "en"]


class BankError(Exception):
    """A refusal that a person can act on: what happened, and what to do next.

    A subclass is a sentence: its `zh` and `en` are templates filled from the keyword arguments, its `code` never
    changes once published, its `status` is the HTTP status (422 only for malformed input). `field` names the part of
    the payload at fault, as a JSON pointer. `findings` are the rule findings that refused, as they are shown.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = ""
    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""

    def __init__(
        self,
        *,
        field: str | None = None,
        findings: tuple[Mapping[str, Any], ...] = (),
        headers: Mapping[str, str] | None = None,
        **said: object,
    ) -> None:
        self.field = field
        self.findings = findings
        self.headers = dict(headers or {})
        self.said = said
        super().__init__(self.sentence("en"))

    def sentence(self, language: Language) -> str:
        """The human sentence in one language."""
        return (self.zh if language == "zh" else self.en).format(**self.said)

    def problem(self, language: Language) -> dict[str, Any]:
        """The RFC 9457 problem document."""
        body: dict[str, Any] = {
            "type": f"/problems/{self.code}",
            "title": self.code.replace("_", " "),
            "status": self.status,
            "code": self.code,
            "detail": self.sentence(language),
            "detail_zh": self.sentence("zh"),
            "detail_en": self.sentence("en"),
        }
        if self.field is not None:
            body["field"] = self.field
        if self.findings:
            body["findings"] = [dict(finding) for finding in self.findings]
        return body


def every_error(parent: type[BankError] = BankError) -> Iterator[type[BankError]]:
    """Every business error that has been imported, for the list of codes that the documents carry."""
    for child in parent.__subclasses__():
        if child.code:
            yield child
        yield from every_error(child)


class NotFound(BankError):
    """Not there, or not yours: a stranger cannot tell which."""

    status = 404
    code = "not_found"
    zh = "没有找到，或您无权查看。请核对编号。"
    en = "Not found, or not yours to see. Check the identifier."


class NotSignedIn(BankError):
    """No token, or one that does not hold."""

    status = 401
    code = "not_signed_in"
    zh = "未登录，或登录已失效：{why_zh}。请重新获取访问令牌。"
    en = "Not signed in, or the token does not hold: {why_en}. Get a new access token."

    def __init__(self, *, why_zh: str = "缺少访问令牌", why_en: str = "no access token") -> None:
        super().__init__(headers={"WWW-Authenticate": "Bearer"}, why_zh=why_zh, why_en=why_en)


class NotAllowed(BankError):
    """The caller is known and this is not theirs to do."""

    status = 403
    code = "not_allowed"
    zh = "当前身份无权进行此操作。"
    en = "This is not yours to do."


class Malformed(BankError):
    """The payload cannot be read as what it should be."""

    status = 422
    code = "malformed"
    zh = "内容格式不符合要求：{why_zh}"
    en = "The content is not well formed: {why_en}"
    faults: Sequence[Mapping[str, str]] = ()
    """Every fault, where they were looked for."""


class BodyTooLarge(BankError):
    """More bytes than the bank reads in one call."""

    status = 413
    code = "body_too_large"
    zh = "内容超过单次上限 {limit_mib} MiB。请分批报送。"
    en = "The content is larger than {limit_mib} MiB in one call. Send it in parts."


class TooManyRequests(BankError):
    """Throttled; Retry-After says how long to wait, in seconds."""

    status = 429
    code = "too_many_requests"
    zh = "请求过于频繁，请在 {seconds} 秒后再试。"
    en = "Too many requests. Try again in {seconds} seconds."

    def __init__(self, *, seconds: int) -> None:
        super().__init__(headers={"Retry-After": str(seconds)}, seconds=seconds)


class TemporarilyUnavailable(BankError):
    """The database did not answer, or too many writers met; nothing was written."""

    status = 503
    code = "temporarily_unavailable"
    zh = "系统暂时繁忙，本次未写入任何内容。请在 {seconds} 秒后重试。"
    en = "Temporarily unavailable; nothing was written. Try again in {seconds} seconds."

    def __init__(self, *, seconds: int = 2) -> None:
        super().__init__(headers={"Retry-After": str(seconds)}, seconds=seconds)
