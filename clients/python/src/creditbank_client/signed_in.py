"""Who the command line speaks for: an address, a client and its secret, kept for one user of this machine."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from creditbank_client.errors import CreditBankError
from creditbank_client.whole_files import PRIVATE, written_whole

BASE_URL, CLIENT_ID, CLIENT_SECRET = "CREDITBANK_BASE_URL", "CREDITBANK_CLIENT_ID", "CREDITBANK_CLIENT_SECRET"


class NotLoggedIn(CreditBankError):
    """Nothing says which bank, which client or which secret."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a token is asked for with."""

    base_url: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"SignedIn({self.base_url!r}, {self.client_id!r})"


def kept_in(environ: Mapping[str, str]) -> Path:
    """The file in the user's folder of settings."""
    if sys.platform == "win32" and environ.get("APPDATA"):
        folder = Path(environ["APPDATA"])
    elif environ.get("XDG_CONFIG_HOME"):
        folder = Path(environ["XDG_CONFIG_HOME"])
    else:
        folder = Path.home() / ".config"
    return folder / "creditbank" / "client.json"


def keep(signed_in: SignedIn, environ: Mapping[str, str]) -> Path:
    """Save it where only the user reads it; says where."""
    path = kept_in(environ)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with written_whole(path, mode=PRIVATE) as file:
        file.write(json.dumps(asdict(signed_in), indent=1).encode() + b"\n")
    return path


def signed_in(environ: Mapping[str, str] = os.environ) -> SignedIn:
    """What the environment says, and where it is silent what was saved. Raises NotLoggedIn."""
    path = kept_in(environ)
    try:
        said = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        said = {}
    except ValueError:
        raise NotLoggedIn(f"{path} cannot be read") from None
    named = (("base_url", BASE_URL), ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET))
    values = {name: environ.get(variable) or said.get(name) for name, variable in named}
    missing = [variable for name, variable in named if not values[name]]
    if missing:
        raise NotLoggedIn(f"{', '.join(missing)}: not set, and not in {path}")
    return SignedIn(**{name: str(value) for name, value in values.items()})
