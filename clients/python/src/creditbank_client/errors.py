"""What can go wrong between an institution and the bank, each as an exception with all that the bank said."""

from __future__ import annotations

from typing import Any

import httpx


class CreditBankError(Exception):
    """Anything that this client raises."""


class NotReached(CreditBankError):
    """No answer after every attempt. Whether a write was done is not known: send it again with the same key.

    `idempotency_key` is the key that the write was sent under, if it was one.
    """

    def __init__(self, sentence: str, *, idempotency_key: str | None = None) -> None:
        self.idempotency_key = idempotency_key
        super().__init__(sentence)


class SignInRefused(CreditBankError):
    """The token endpoint gave no token; `error` is the code of RFC 6749 §5.2, such as `invalid_client`."""

    def __init__(self, error: str, en: str, zh: str) -> None:
        self.error = error
        self.detail_en, self.detail_zh = en, zh
        super().__init__(f"{error}: {en}")


class FileEmpty(CreditBankError):
    """The file has not a byte; nothing was sent."""


class FileChanged(CreditBankError):
    """The file became another while it was sent. Nothing of it was read: send it again as it is now."""


class Problem(CreditBankError):
    """The bank answered with a problem document (RFC 9457). The subclass says which way of going on is left."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        self.status = status
        self.document = document
        """The document whole, for whatever has no attribute here."""
        self.code: str = document.get("code") or f"http_{status}"
        """Stable: what a program decides by."""
        self.detail: str = document.get("detail") or document.get("title") or "the answer says no more"
        """A sentence for people, in the client's language."""
        self.detail_zh: str = document.get("detail_zh", self.detail)
        self.detail_en: str = document.get("detail_en", self.detail)
        self.field: str | None = document.get("field")
        """The part of the payload at fault, as a JSON pointer."""
        self.findings: list[dict[str, Any]] = document.get("findings") or []
        """What the rules found, for and against."""
        self.faults: list[dict[str, Any]] = document.get("faults") or []
        """Of malformed content, every fault with its JSON pointer, in both languages."""
        self.instance: str | None = document.get("instance")
        """Which request it was: say it when asking about it."""
        where = f" ({self.field})" if self.field else ""
        super().__init__(f"{self.code}{where}: {self.detail}")


class Refused(Problem):
    """The content cannot be accepted as it stands: correct it and send it again."""


class NotSignedIn(Problem):
    """The token does not hold, not even a new one."""


class NotAllowed(Problem):
    """Not for these scopes, or not for this role."""


class NotFound(Problem):
    """Not there, or not yours to see: the bank does not tell which."""


class Conflict(Problem):
    """It contradicts what is there: changed meanwhile, decided already, or a key used for something else."""


class Throttled(Problem):
    """Too many requests; `retry_after` says for how many seconds to wait."""

    retry_after: float = 0


class Unavailable(Problem):
    """The bank cannot answer at present and, of a write, did nothing."""


class Fault(Problem):
    """The bank's own mistake, or an answer that is not the bank's."""


_BY_STATUS: dict[int, type[Problem]] = {
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    412: Conflict,
    428: Conflict,
    429: Throttled,
    503: Unavailable,
}


def problem_of(status: int, document: dict[str, Any]) -> Problem:
    """The exception for a problem document, by the status it came with."""
    kind = _BY_STATUS.get(status, Refused if 400 <= status < 500 else Fault)
    return kind(status, document)


def problem_in(response: httpx.Response) -> Problem:
    """The exception for an answer that is none of success; a page of some proxy is a problem without a document."""
    try:
        said = response.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        said = {
            "detail": f"{response.request.method} {response.request.url.path} was answered with {response.status_code}"
        }
    return problem_of(response.status_code, said)
