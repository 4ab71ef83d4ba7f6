"""`var/demo.json`: how to get into the demo, for people and programs; nothing else is written to disk."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from creditbank import clock

Entry = dict[str, Any]


@dataclass(slots=True)
class DemoFile:
    """Addresses, clients and people of a loaded demo, and which steps of loading are done."""

    path: Path
    base_url: str
    clients: list[Entry] = field(default_factory=list)
    """institution, institution_id, client_id, client_secret, scopes."""
    people: list[Entry] = field(default_factory=list)
    """name, role, login, password, account_no, learner_id, story."""
    look_at: dict[str, str] = field(default_factory=dict)
    """Identifiers of records that have a story."""
    done: list[str] = field(default_factory=list)
    """Steps that need not be taken again."""
    complete: bool = False
    stands_at: str | None = None
    """Where the bank's clock was when this was written, while the city lives through its days."""

    @classmethod
    def read(cls, path: Path, base_url: str) -> DemoFile:
        """The file as it was left, at the address that the bank has now; an empty one where there is none to read."""
        try:
            kept = json.loads(path.read_text("utf-8"))
            return cls(
                path=path,
                base_url=base_url,
                clients=kept["clients"],
                people=kept["people"],
                look_at=kept["look_at"],
                done=kept["done"],
                complete=kept["complete"],
                stands_at=kept.get("stands_at"),
            )
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return cls(path=path, base_url=base_url)

    def save(self) -> None:
        """Write it whole, readable by its owner only: whoever is cut off keeps the old one."""
        said = {
            "base_url": self.base_url,
            "clients": self.clients,
            "people": self.people,
            "look_at": self.look_at,
            "done": self.done,
            "complete": self.complete,
        }
        if self.stands_at is not None:
            self.stands_at = clock.now().isoformat()
            said["stands_at"] = self.stands_at
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(f".{self.path.name}.{uuid4().hex}")
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(said, file, ensure_ascii=False, indent=2)
                file.write("\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        finally:
            beside.unlink(missing_ok=True)

    def client(self, institution: str) -> Entry | None:
        """The client of an institution, by its name."""
        return next((client for client in self.clients if client["institution"] == institution), None)

    def person(self, login: str) -> Entry | None:
        """Somebody by their login."""
        return next((person for person in self.people if person["login"] == login), None)

    def has_done(self, step: str) -> bool:
        """Whether a step is behind us."""
        return step in self.done

    def mark(self, step: str) -> None:
        """A step is done: never again, even if the next one fails."""
        self.done.append(step)
        self.save()
