"""The bank as the demo calls it: through the published client, as an institution or as somebody who signs in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from creditbank.demo.bootstrap import ADMINISTRATOR, Bootstrap
from creditbank.demo.city import Institution
from creditbank.demo.demofile import DemoFile

if TYPE_CHECKING:
    from creditbank_client import Client

Row = dict[str, Any]


class ClientMissing(RuntimeError):
    """The demo is loaded through the published client, which is a distribution of its own."""

    def __init__(self) -> None:
        super().__init__(
            "演示数据经 creditbank-client 载入，请先安装：pip install -e clients/python\n"
            "The demo is loaded through creditbank-client; install it: pip install -e clients/python"
        )


class DemoRefused(RuntimeError):
    """The bank did not take what the demo sent: the demo and this version of the bank do not fit."""


class DemoFileLost(RuntimeError):
    """The city is open, and the file with everybody's passwords is gone: the bank keeps none of them."""

    def __init__(self) -> None:
        super().__init__(
            "演示城市已打开，但记有密码的 demo.json 不在了，银行里读不出密码。请运行 make demo-reset 后重新打开。\n"
            "The city is open but demo.json with its passwords is gone, and the bank cannot tell them. "
            "Run make demo-reset, then open it anew."
        )


class Calls:
    """Clients and people of one demo, each signed in once."""

    def __init__(self, file: DemoFile, bootstrap: Bootstrap) -> None:
        try:
            import creditbank_client  # noqa: PLC0415
        except ImportError as failure:
            raise ClientMissing from failure
        self.library = creditbank_client
        self.file, self._bootstrap = file, bootstrap
        self._open: dict[str, Client] = {}

    def close(self) -> None:
        """Close every connection."""
        for client in self._open.values():
            client.close()

    def institution(self, institution: Institution) -> Client:
        """The client of an institution."""
        entry = self.file.client(institution.name)
        if entry is None:
            raise LookupError(f"{institution.name} has no client yet")
        return self._once(
            entry["client_id"],
            lambda: self.library.Client(self.file.base_url, entry["client_id"], entry["client_secret"], timeout=300.0),
        )

    def person(self, login: str) -> Client:
        """Somebody of the file who signs in."""
        entry = self.file.person(login)
        if entry is None:
            raise LookupError(f"{login} is not in the file yet")
        return self._once(
            login, lambda: self.library.Client.of_person(self.file.base_url, login, entry["password"], timeout=300.0)
        )

    def administrator(self) -> Client:
        """The first administrator; their password is made anew where the file has none that holds."""
        entry = self.file.person(ADMINISTRATOR)
        if entry is not None:
            if self.can_sign_in(ADMINISTRATOR):
                return self.person(ADMINISTRATOR)
            self._open.pop(ADMINISTRATOR).close()
            self.file.people.remove(entry)
        password = self._bootstrap.administrator()
        self.file.people.append(
            person_entry(
                "演示管理员", "administrator", ADMINISTRATOR, password, "开通客户端和登录，看不到任何学习者的数据。"
            )
        )
        self.file.save()
        return self.person(ADMINISTRATOR)

    def can_sign_in(self, login: str) -> bool:
        """Whether the bank takes the password that the file has."""
        try:
            return bool(self.person(login).identity)
        except self.library.SignInRefused:
            return False

    @contextmanager
    def unless_done_before(self, *codes: str) -> Iterator[None]:
        """An act that was done before an interruption answers with a conflict of one of these codes."""
        try:
            yield
        except self.library.Conflict as conflict:
            if conflict.code not in codes:
                raise

    def _once(self, name: str, opened: Callable[[], Client]) -> Client:
        if name not in self._open:
            self._open[name] = opened()
        return self._open[name]


def person_entry(name: str, role: str, login: str, password: str, story: str) -> dict[str, Any]:
    """Somebody of the file, without an account until one is known."""
    said = {"name": name, "role": role, "login": login, "password": password}
    return {**said, "account_no": None, "learner_id": None, "story": story}


def published(outcomes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Outcomes of published rows that must all be taken. Raises DemoRefused."""
    done = list(outcomes)
    for outcome in done:
        if outcome["outcome"] == "refused":
            raise DemoRefused(f"{outcome['code']}: {outcome['problem']}")
    return done
