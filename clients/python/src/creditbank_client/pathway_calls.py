"""Pathways: what a learner may ask of them, what a school and a college state, and how a round is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from creditbank_client.asking import Calls
from creditbank_client.errors import FileEmpty, Problem, problem_of
from creditbank_client.submission_calls import Id
from creditbank_client.whole_files import written_whole


@dataclass(frozen=True, slots=True)
class SheetRow:
    """What became of one row of a roster or a score sheet: admitted, stated, unchanged, held or refused."""

    sheet: int
    """Which sheet of the file, from 1."""
    row: int
    """Its row in the sheet, as a spreadsheet counts."""
    outcome: str
    learner_id: str | None
    member_no: int | None
    statements: list[dict[str, Any]]
    problem: Problem | None
    """Why it was held or refused, with the cells at fault in `cells`."""
    cells: list[dict[str, Any]]

    @property
    def refused(self) -> bool:
        """Whether nothing of the row was kept."""
        return self.outcome == "refused"


@dataclass(frozen=True, slots=True)
class SheetResult:
    """What became of a file; with `tried` nothing was written."""

    tried: bool
    sheet_id: str | None
    """Under which the bank knows the file; a statement names it with its row."""
    counts: Mapping[str, int]
    rows: list[SheetRow]
    not_read: list[str]
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


def sheet_result_of(said: Mapping[str, Any]) -> SheetResult:
    """The result in an answer."""
    rows = [
        SheetRow(
            sheet=each["sheet"],
            row=each["row"],
            outcome=each["outcome"],
            learner_id=each.get("learner_id"),
            member_no=each.get("member_no"),
            statements=list(each.get("statements") or ()),
            problem=None if each.get("problem") is None else problem_of(each["problem"]["status"], each["problem"]),
            cells=list(each.get("cells") or ()),
        )
        for each in said["outcomes"]
    ]
    return SheetResult(said["tried"], said.get("sheet_id"), said["counts"], rows, list(said["not_read"]), said)


class PathwayCalls(Calls):
    """What a client can ask and do about pathways (升学与贯通)."""

    # --- a learner ------------------------------------------------------------------------------------------------

    def learner_pathways(self, learner_id: Id, *, on: date | None = None) -> dict[str, Any]:
        """The pathways of a learner and those that are open to them, each with how far they are."""
        return self._read(f"/v1/learners/{learner_id}/pathways", on=on)

    def learner_pathway(self, learner_id: Id, pathway_id: Id, *, on: date | None = None) -> dict[str, Any]:
        """One pathway gate by gate, as of a day: met, not met, unknown or exempt, what mends it, who, until when."""
        return self._read(f"/v1/learners/{learner_id}/pathways/{pathway_id}", on=on)

    def what_if(self, learner_id: Id, pathway_id: Id, supposed: Mapping[str, Any]) -> dict[str, Any]:
        """The same gates if something were so: that certificate, this score. Nothing is written."""
        return self._write(f"/v1/learners/{learner_id}/pathways/{pathway_id}/what-if", supposed)

    def learner_rounds(self, learner_id: Id) -> list[dict[str, Any]]:
        """The rounds that a learner is in, with what the list says of them and what they may do about it."""
        return list(self._read(f"/v1/learners/{learner_id}/rounds")["items"])

    # --- pathways and cohorts ---------------------------------------------------------------------------------------

    def pathways(self, **query: Any) -> Iterator[dict[str, Any]]:
        """Pathways, read as they are asked for; the query is the contract's."""
        yield from self._items("/v1/pathways", query)

    def pathway(self, pathway_id: Id) -> dict[str, Any]:
        """One pathway with its agreement, its intakes and the agreed courses."""
        return self._read(f"/v1/pathways/{pathway_id}")

    def cohorts(self, **query: Any) -> Iterator[dict[str, Any]]:
        """One's own cohorts (贯通班), read as they are asked for."""
        yield from self._items("/v1/cohorts", query)

    def cohort(self, cohort_id: Id) -> dict[str, Any]:
        """One cohort of one's own."""
        return self._read(f"/v1/cohorts/{cohort_id}")

    def members(self, cohort_id: Id) -> Iterator[dict[str, Any]]:
        """The members of a cohort in the order of their numbers, read as they are asked for."""
        yield from self._items(f"/v1/cohorts/{cohort_id}/members", {})

    # --- what is stated ---------------------------------------------------------------------------------------------

    def state(
        self, cohort_id: Id, statements: Iterable[Mapping[str, Any]], *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """State facts about members: an outcome for each. What is stated again in other words supersedes."""
        said = {"statements": list(statements)}
        return self._write(f"/v1/cohorts/{cohort_id}/statements", said, idempotency_key)

    def statements(self, cohort_id: Id, learner_id: Id) -> dict[str, Any]:
        """What was stated about a member, as far as the caller may see it, each with the file and row it came in."""
        return self._read(f"/v1/cohorts/{cohort_id}/members/{learner_id}/statements")

    def send_roster(
        self,
        cohort_id: Id,
        file: str | Path,
        *,
        tried: bool = False,
        joined_on: date | None = None,
        idempotency_key: str | None = None,
    ) -> SheetResult:
        """Admit the people of a roster (.xlsx or CSV) to a cohort; with `tried` only say what would become of it.

        Rows that are refused stop no others; a file that cannot be read as a roster raises `Refused` and nothing of it
        was written. Sending the same file again changes nothing. Raises FileEmpty and what every method raises.
        """
        asked = {"try": "true" if tried else None, "joined_on": joined_on}
        return self._sheet(f"/v1/cohorts/{cohort_id}/roster", file, asked, idempotency_key)

    def send_score_sheet(
        self,
        cohort_id: Id,
        file: str | Path,
        *,
        tried: bool = False,
        round_id: Id | None = None,
        sitting: int | None = None,
        kind: str | None = None,
        idempotency_key: str | None = None,
    ) -> SheetResult:
        """State the scores of a sheet (.xlsx or CSV), one row or one column a subject; otherwise as `send_roster`.

        `sitting` holds for rows that name none; the round is the one that collects, if there is one only.
        """
        asked = {"try": "true" if tried else None, "round_id": round_id, "sitting": sitting, "kind": kind}
        return self._sheet(f"/v1/cohorts/{cohort_id}/score-sheet", file, asked, idempotency_key)

    # --- rounds -----------------------------------------------------------------------------------------------------

    def open_round(
        self, cohort_id: Id, said: Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Open a round for a cohort: until when it collects, and its sittings."""
        return self._write(f"/v1/cohorts/{cohort_id}/rounds", said, idempotency_key)

    def round(self, round_id: Id) -> dict[str, Any]:
        """A round: its state, its candidates with their outcomes, what happened to it."""
        return self._read(f"/v1/rounds/{round_id}")

    def round_act(
        self, round_id: Id, act: str, said: Mapping[str, Any] | None = None, *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """An act on a round, by the last part of its address: deciding, set-asides, tie, notice, filing, freezing, …"""
        return self._write(f"/v1/rounds/{round_id}/{act}", dict(said or {}), idempotency_key)

    def rounds(self, cohort_id: Id) -> list[dict[str, Any]]:
        """The rounds of a cohort, each with how far it is."""
        return list(self._read(f"/v1/cohorts/{cohort_id}/rounds")["items"])

    def round_notices(self, *, college_id: Id | None = None) -> Iterator[dict[str, Any]]:
        """Lists on public notice, read as they are asked for; they name nobody."""
        yield from self._items("/v1/round-notices", {"college_id": college_id})

    def round_notice(self, round_id: Id) -> dict[str, Any]:
        """One list on public notice: numbers of members and what is to become of them, without names."""
        return self._read(f"/v1/rounds/{round_id}/notice")

    def object_to_round(
        self, round_id: Id, *, member_no: int, words: str, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Object to a place on a list while it is on notice: anybody who is signed in, once about each member."""
        said = {"member_no": member_no, "words": words}
        return self._write(f"/v1/rounds/{round_id}/objections", said, idempotency_key)

    def decide_round_objection(
        self,
        round_id: Id,
        objection_id: Id,
        *,
        upheld: bool,
        words: str,
        set_aside: bool = False,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Uphold an objection to a list, or dismiss it. `set_aside` takes the candidate off the list."""
        said = {"upheld": upheld, "set_aside": set_aside, "words": words}
        return self._write(f"/v1/rounds/{round_id}/objections/{objection_id}/decision", said, idempotency_key)

    def give_up_place(self, round_id: Id, learner_id: Id, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """A learner gives up the place that a list gives them, for good."""
        return self._write(f"/v1/rounds/{round_id}/candidates/{learner_id}/giving-up", None, idempotency_key)

    def save_filing(self, round_id: Id, path: str | Path) -> Path:
        """The list to be filed, as a workbook in place of whatever `path` was."""
        with written_whole(Path(path)) as file:
            self._caller.save(f"/v1/rounds/{round_id}/filing.xlsx", {}, file)
        return Path(path)

    def let_progress(
        self,
        round_id: Id,
        learners: Iterable[Mapping[str, Any]],
        *,
        on: date,
        year_of_entry: int | None = None,
        plan_id: Id | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Enrol those whom a frozen result took (`member_no` or `learner_id`, and `student_no`): an outcome for each.

        At most 200 in a call. Calling again for the same people changes nothing.
        """
        said = {"on": on, "year_of_entry": year_of_entry, "plan_id": plan_id, "learners": list(learners)}
        return self._write(f"/v1/rounds/{round_id}/progressions", said, idempotency_key)

    def progressions(self, round_id: Id) -> dict[str, Any]:
        """What came of a frozen result: enrolment records, claims and credits of the agreed courses."""
        return self._read(f"/v1/rounds/{round_id}/progressions")

    # --- how a sheet is sent ----------------------------------------------------------------------------------------

    def _sheet(self, path: str, file: str | Path, asked: Mapping[str, Any], key: str | None) -> SheetResult:
        content = Path(file).read_bytes()
        if not content:
            raise FileEmpty(f"{file} is empty")
        query = urlencode({name: str(value) for name, value in asked.items() if value is not None})
        return sheet_result_of(self._caller.send("POST", f"{path}?{query}" if query else path, content, key=key).json())
