"""Who is which member of a team: by the order of the rows of one event, day, rank and team."""

from __future__ import annotations

from collections.abc import Hashable


class Teams:
    """Counts members; somebody listed twice is one member, and a line that is seen again changes nothing."""

    def __init__(self) -> None:
        self._members: dict[Hashable, dict[str, int]] = {}
        self._rows: dict[int, tuple[Hashable, str]] = {}

    def join(self, row_no: int, team: Hashable, member: str) -> None:
        """A row of a team; `member` is what tells one person from another in the file."""
        if row_no not in self._rows:
            members = self._members.setdefault(team, {})
            members.setdefault(member, len(members) + 1)
            self._rows[row_no] = (team, member)

    def place_of(self, row_no: int) -> dict[str, int]:
        """Size of the row's team and its member's number; nothing for a row that no pass has seen."""
        seen = self._rows.get(row_no)
        if seen is None:
            return {}
        team, member = seen
        members = self._members[team]
        return {"team_size": len(members), "member_no": members[member]}
