"""`make storm`: files that arrive although everything is killed, and four institutions that send at once.

PostgreSQL, the service and the worker are processes of their own, killed with SIGKILL while the published client sends
and follows a large file; in the end everything is as after one quiet run, row for row.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from creditbank.config import Settings
from creditbank.database_roles import Addresses, connect
from creditbank.db import Database
from creditbank.demo.bootstrap import ADMINISTRATOR, Bootstrap
from creditbank.embedded import PostgresDidNotStart
from creditbank.embedded import start as start_postgres
from creditbank.learners.documents import check_character
from creditbank.migrate import upgrade
from creditbank.oversight.audit import differences
from creditbank.submissions.keeping import LINES
from creditbank_client import Client, CreditBankError
from creditbank_client.submissions import SubmissionOutcome

ROWS = int(os.environ.get("STORM_ROWS", "100000"))
EACH = int(os.environ.get("STORM_EACH", "50000"))
KILLS = int(os.environ.get("STORM_KILLS", "20"))
LEASE = float(os.environ.get("STORM_LEASE", "15"))
"""Seconds for which a killed worker keeps its job from the next one; a bank has a minute, a storm many of them. A job
that failed waits a third of it before it is tried again, where that is less than the bank's five seconds."""
SCOPES = ["records:write", "records:read"]
SINCE = "2015-09-01"
COURSES = 60
PATIENCE = 60.0

_LAUNCH = """
import sys
from datetime import timedelta
from creditbank import cli, jobs
jobs.LEASE = timedelta(seconds=float(sys.argv[1]))
jobs.FIRST_WAIT = min(jobs.FIRST_WAIT, jobs.LEASE / 3)
sys.exit(cli.main(sys.argv[2:]))
"""
_POSTGRES = """
import sys
from pathlib import Path
from tests.load.storm import keep_postgres
keep_postgres(Path(sys.argv[1]))
"""


# --- processes that are killed ------------------------------------------------------------------------------------


def keep_postgres(folder: Path) -> None:
    """Run the PostgreSQL of a folder until it ends or is killed."""
    for attempt in range(200):
        try:
            server = start_postgres(folder)
            break
        except PostgresDidNotStart:  # what was killed is not quite gone
            if attempt == 199:
                raise
            time.sleep(0.1)
    print(server.addresses.to_json(), flush=True)
    server.process.wait()


@dataclass
class Machines:
    """The three processes of a bank in a folder of its own, each of which can be killed and started again."""

    folder: Path
    lease: float
    port: int
    workers: int = 1
    addresses: Addresses | None = None
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    ended: int = 0
    """Processes that ended by themselves: one that is started while PostgreSQL recovers cannot read its rules."""

    @property
    def base_url(self) -> str:
        """Where the service answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> Settings:
        """What its processes are told."""
        assert self.addresses is not None
        return Settings(
            database_url=self.addresses.app, data_dir=self.folder, keys_dir=self.folder / "keys", base_url=self.base_url
        )

    def start_all(self) -> None:
        """Start everything; the service answers when this returns."""
        self.start("postgres")
        assert self.addresses is not None
        upgrade(self.addresses.owner)
        self.start("service")
        self.until_it_answers()
        for number in range(self.workers):
            self.start(f"worker {number}")

    def start(self, which: str) -> None:
        """Start one of the processes."""
        if which == "postgres":
            self._start_postgres()
            return
        assert self.addresses is not None
        said = self.settings
        environment = {
            **os.environ,
            "CREDITBANK_DATABASE_URL": self.addresses.app,
            "CREDITBANK_DATA_DIR": str(said.data_dir),
            "CREDITBANK_KEYS_DIR": str(said.keys_dir),
            "CREDITBANK_BASE_URL": said.base_url,
        }
        verb = ["serve", "--port", str(self.port)] if which == "service" else ["work"]
        with (self.folder / f"{which.split(maxsplit=1)[0]}.log").open("ab") as log:
            self.running[which] = subprocess.Popen(
                [sys.executable, "-c", _LAUNCH, str(self.lease), *verb],
                env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def _start_postgres(self) -> None:
        root = str(Path(__file__).parents[2])
        with (self.folder / "keeper.log").open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-c", _POSTGRES, str(self.folder)],
                env={**os.environ, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])},
                stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        assert keeper.stdout is not None
        said = keeper.stdout.readline()
        assert said, (self.folder / "keeper.log").read_text()[-2000:]
        self.addresses = Addresses.from_json(said.decode())
        self.running["postgres"] = keeper

    def kill(self, which: str) -> None:
        """End a process as the kernel does when memory runs out: it is told nothing."""
        if which == "postgres":
            for pid in self._postgres_pids():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        else:
            self.running[which].kill()
        self.running[which].wait()

    def _postgres_pids(self) -> list[int]:
        cluster = self.folder / "postgres" / "cluster"
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "cwd").samefile(cluster):
                    found.append(int(process.name))
        return sorted(found)

    def until_it_answers(self) -> None:
        """Wait for the service."""
        until = time.monotonic() + PATIENCE
        while True:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.base_url}/readyz", timeout=2).status_code == 200:
                    return
            assert time.monotonic() < until, (self.folder / "service.log").read_text()[-2000:]
            self.supervise()
            time.sleep(0.05)

    def stop(self) -> None:
        """End everything, PostgreSQL last and well."""
        keeper = self.running.pop("postgres", None)
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        self.running.clear()
        if keeper is not None:
            self._stop_postgres(keeper)

    def _stop_postgres(self, keeper: subprocess.Popen[bytes]) -> None:
        status = self.folder / "postgres" / "cluster" / "postmaster.pid"
        with suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int(status.read_text().splitlines()[0]), signal.SIGINT)
        keeper.wait(60)

    def supervise(self) -> None:
        """Start again what ended by itself, as an init system does."""
        for which, process in list(self.running.items()):
            if which != "postgres" and process.poll() is not None:
                self.ended += 1
                self.start(which)

    def copy_to(self, folder: Path) -> None:
        """A second bank with all that is in this one, which goes on."""
        self._stop_postgres(self.running["postgres"])
        subprocess.run(["/bin/cp", "-a", self.folder, folder], check=True)
        self.start("postgres")
        self.until_it_answers()

    def sql(self, query: str, *arguments: Any) -> list[Any]:
        """Rows of a query."""
        assert self.addresses is not None
        with connect(self.addresses.superuser) as connection:
            return connection.execute(query, arguments).fetchall()

    async def audited(self) -> list[str]:
        """What the audit finds."""
        assert self.addresses is not None
        database = Database(self.addresses.app, connections=2)
        try:
            return await differences(database)
        finally:
            await database.close()


@contextmanager
def machines(folder: Path, *, lease: float, workers: int = 1) -> Iterator[Machines]:
    """A bank of processes, ended with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder.mkdir(exist_ok=True)
    made = Machines(folder, lease, port, workers)
    try:
        made.start_all()
        yield made
    finally:
        made.stop()


# --- a town and its files -----------------------------------------------------------------------------------------


def person(number: int, *, at: int = 0) -> dict[str, Any]:
    """An invented person, the same for the same number; known by another student number at each institution."""
    born = f"{1985 + number % 20}{1 + number % 12:02d}{1 + number % 28:02d}"
    seventeen = f"139900{born}{number // 420 % 1000:03d}"
    signs = "甲乙丙丁戊己庚辛壬癸"
    return {
        "name": "演示" + signs[number % 10] + signs[number // 10 % 10],
        "document": {"kind": "resident_id", "number": seventeen + check_character(seventeen)},
        "student_no": f"{'ABCDE'[at]}{number:07d}",
    }


def result(number: int, course: int, *, at: int = 0, **changes: Any) -> dict[str, Any]:
    """A passed course of a person."""
    year = 2018 + course % 6
    return {
        "kind": "course_result", "learner": person(number, at=at), "course_code": f"C{course % COURSES:03d}",
        "academic_year": f"{year}-{year + 1}", "term": 1 + course % 2,
        "occurred_on": f"{year + 1}-01-{1 + course % 28:02d}",
        "score": str(60 + (number + course) % 40), **changes,
    }  # fmt: skip


def learners_of(rows: int) -> int:
    """Enrolled learners of a file of so many rows: about fifty rows each."""
    return max(20, rows // 50)


def stormy_rows(rows: int, rng: random.Random) -> Iterator[bytes]:
    """Course results of enrolled people and some new ones, with corrections, refusals and holds among them."""
    enrolled = learners_of(rows)
    fresh = iter(range(rows))
    sent: list[tuple[int, int]] = []
    for _ in range(rows):
        luck = rng.random()
        if luck < 0.02 and sent:  # the same record again, with another score
            number, course = rng.choice(sent)
            row: Any = result(number, course, score=str(50 + rng.randrange(50)))
        elif luck < 0.03:
            row = result(rng.randrange(enrolled), rng.randrange(COURSES), course_code="UNKNOWN")
        elif luck < 0.035:
            row = result(rng.randrange(enrolled), rng.randrange(COURSES), term=9)
        elif luck < 0.0375:  # somebody else's number
            number = rng.randrange(enrolled)
            row = result(number, rng.randrange(COURSES))
            row["learner"] = {**person(number), "name": "演示别人"}
        elif luck < 0.042:
            row = result(rng.randrange(enrolled), rng.randrange(COURSES), credits="99")
        else:
            if luck < 0.07:
                number, course = enrolled + next(fresh) // 3, rng.randrange(COURSES)
            else:
                at = len(sent)
                number, course = at % enrolled, at // enrolled
            sent.append((number, course))
            row = result(number, course)
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


def write_file(path: Path, lines: Iterator[bytes]) -> Path:
    """A file of these lines."""
    with path.open("wb") as file:
        file.writelines(lines)
    return path


@dataclass(frozen=True)
class Credentials:
    """Clients of the town's institutions."""

    clients: list[tuple[str, str]]

    def client(self, bank: Machines, at: int = 0, **more: Any) -> Client:
        """A published client of one of them."""
        return Client(bank.base_url, *self.clients[at], **more)


def furnish(bank: Machines, *, institutions: int) -> Credentials:
    """Colleges with a programme, courses and a client each, through the API."""
    assert bank.addresses is not None
    bootstrap = Bootstrap(bank.settings, bank.addresses.app)
    bootstrap.reference_data()
    clients = []
    with Client.of_person(bank.base_url, ADMINISTRATOR, bootstrap.administrator()) as administrator:
        login = {"login_name": "officer", "display_name": "业务员", "roles": ["officer"]}
        password = administrator.post("/v1/logins", login)["password"]
        with Client.of_person(bank.base_url, "officer", password) as officer:
            for number in range(institutions):
                institution_id = uuid4()
                profile = {"kind": "higher_vocational", "name": f"演示学院{number}", "valid_from": SINCE, "demo": True}
                officer.put_institution(institution_id, profile)
                asked = {"institution_id": institution_id, "name": "风暴", "scopes": [*SCOPES, "catalogue:write"]}
                given = administrator.post("/v1/clients", asked)
                clients.append((given["client_id"], given["client_secret"]))
    for one in clients:
        with Client(bank.base_url, *one) as college:
            programme = {"code": "P1", "level": "higher_vocational", "name": "演示专业", "valid_from": SINCE}
            college.publish_programmes([{**programme, "catalogue": "none"}])
            college.publish_courses(
                {"code": f"C{number:03d}", "name": f"课程{number}", "category": "专业课", "learning_form": "theory",
                 "credits": str(1 + number % 4), "valid_from": SINCE}
                for number in range(COURSES)
            )  # fmt: skip
    return Credentials(clients)


def enrolments(learners: int) -> Iterator[bytes]:
    """Everybody enters."""
    for number in range(learners):
        row = {
            "kind": "enrolment_event", "learner": person(number), "event": "entered", "occurred_on": "2018-09-01",
            "level": "higher_vocational", "programme_code": "P1", "year_of_entry": 2018,
        }  # fmt: skip
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


# --- what a bank holds in the end ---------------------------------------------------------------------------------

_OUTCOMES = """
SELECT row_no, outcome, version, code, warnings FROM submission_row WHERE submission_id = %s ORDER BY row_no
"""
_RECORDS = """
SELECT k.institution_id, encode(k.key_index, 'hex'),
       (SELECT jsonb_agg(jsonb_build_array(v.version, v.act, encode(v.row_index, 'hex'), v.body) ORDER BY v.version)
        FROM record_version v WHERE v.learner_id = k.learner_id AND v.record_id = k.record_id),
       (SELECT jsonb_build_array(c.credits, c.scheme, c.verdict, c.version) FROM record_current c
        WHERE c.learner_id = k.learner_id AND c.record_id = k.record_id),
       (SELECT count(*) FROM posting p WHERE p.learner_id = k.learner_id AND p.record_id = k.record_id
        AND p.kind <> 'reversal' AND NOT EXISTS (
            SELECT FROM posting r WHERE r.learner_id = p.learner_id AND r.reverses = p.posting_id)),
       (SELECT count(*) FROM posting p WHERE p.learner_id = k.learner_id AND p.record_id = k.record_id)
FROM record_key k ORDER BY 1, 2
"""
_BALANCES = """
SELECT encode(d.number_index, 'hex'), e.scheme, e.account, e.institution_id, sum(e.amount), count(*)
FROM learner_document d JOIN entry e USING (learner_id) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
_HELD = """
SELECT submission_id = %s, row_no, encode(key_index, 'hex'), status, hold, encode(row_index, 'hex')
FROM held_row ORDER BY 1, 2
"""
_LEFT = """
SELECT kind, last_error, attempts, dead_at IS NOT NULL FROM job WHERE last_error IS NOT NULL OR dead_at IS NOT NULL
"""


def state_of(bank: Machines, submission_id: str) -> dict[str, list[Any]]:
    """Everything that may not depend on how often anything was killed."""
    return {
        "outcomes": bank.sql(_OUTCOMES, submission_id),
        "records": bank.sql(_RECORDS),
        "balances": bank.sql(_BALANCES),
        "held": bank.sql(_HELD, submission_id),
        "counts": bank.sql(
            "SELECT status, rows, done_rows, counts, warnings FROM submission_file WHERE submission_id = %s",
            submission_id,
        ),
        "learners": bank.sql("SELECT count(*) FROM learner"),
    }


def unlike(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> list[str]:
    """Where two banks differ, the first few of each kind."""
    found = []
    for name, mine_all in one.items():
        theirs_all = other[name]
        if len(mine_all) != len(theirs_all):
            found.append(f"{name}: {len(mine_all)} and {len(theirs_all)}")
        differing = [(mine, theirs) for mine, theirs in zip(mine_all, theirs_all, strict=False) if mine != theirs]
        found += [f"{name}: {mine} and {theirs}" for mine, theirs in differing[:3]]
    return found


# --- the storm ----------------------------------------------------------------------------------------------------


@dataclass
class Told:
    """What a storm comes to."""

    rows: int
    seed: int
    kills: dict[str, int] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=dict)
    ended_by_themselves: int = 0
    seconds: float = 0.0
    seconds_without_kills: float = 0.0
    rows_per_second_without_kills: float = 0.0
    client_calls: int = 0
    client_was_told: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    audit: list[str] = field(default_factory=list)


@dataclass
class _Progress:
    stage: str = "before"
    parts: int = 0
    rows: int = 0


class _Watch:
    """How far the file is, seen past the service; while PostgreSQL is away, what was seen last."""

    def __init__(self, bank: Machines, size: int) -> None:
        self._bank, self._size = bank, size
        self._connection: psycopg.Connection[Any] | None = None

    def look(self) -> _Progress:
        query = """
            SELECT f.status, (SELECT count(*) FROM submission_part p WHERE p.submission_id = f.submission_id),
                   f.done_rows
            FROM submission_file f WHERE f.size = %s ORDER BY f.created_at DESC LIMIT 1
        """
        try:
            if self._connection is None:
                assert self._bank.addresses is not None
                self._connection = connect(self._bank.addresses.superuser)
            found = self._connection.execute(query, (self._size,)).fetchone()
        except psycopg.Error:
            self._connection = None
            return _Progress("away")
        return _Progress() if found is None else _Progress(*found)


def _plan(kills: int, rng: random.Random) -> list[tuple[str, str, float]]:
    """What is killed when: a few while it is sent, a few while it is read, most while it is posted."""
    sending, reading = max(1, kills // 7), max(1, kills // 10)
    plan = [("receiving", rng.choice(("service", "postgres")), rng.random()) for _ in range(sending)]
    plan += [("reading", ("worker 0", "postgres")[at % 2], rng.random()) for at in range(reading)]
    posted: list[str] = []
    while len(plan) + len(posted) < kills:
        used = Counter([*(kind for _, kind, _ in plan), *posted])
        posted.append(min(("postgres", "service", "worker 0"), key=lambda kind: used[kind]))
    rng.shuffle(posted)
    plan += [("running", kind, rng.random()) for kind in posted]
    ordered: list[tuple[str, str, float]] = []
    for stage in ("receiving", "reading", "running"):
        of_stage = [one for one in plan if one[0] == stage]
        ordered += [(stage, kind, (at + luck) / len(of_stage)) for at, (_, kind, luck) in enumerate(of_stage)]
    return ordered


def _killing(
    bank: Machines, plan: list[tuple[str, str, float]], file: Path, *, parts: int, told: Told, ended: threading.Event,
    rng: random.Random,
) -> None:  # fmt: skip
    """Kill what is planned when it is time, and start it again a moment later."""
    watch, rows = _Watch(bank, file.stat().st_size), told.rows
    order = ("before", "receiving", "reading", "queued", "running", "done")
    kills, stages = Counter[str](), Counter[str]()
    for stage, kind, share in plan:
        while not ended.is_set():
            bank.supervise()
            now = watch.look()
            if now.stage == "away":
                time.sleep(0.05)
                continue
            place = order.index(now.stage) if now.stage in order else 0
            if place > order.index(stage) or now.stage == "done":
                break
            if now.stage == stage:
                if stage == "receiving" and now.parts >= share * parts * 0.9:
                    break
                if stage == "running" and now.rows >= min(share * rows, rows - 2 * LINES):
                    break
                if stage == "reading":
                    time.sleep(share * min(1.5, rows / 60_000))
                    break
            time.sleep(0.01)
        if ended.is_set():
            break
        time.sleep(rng.random() * min(0.4, rows / 250_000))
        now = watch.look()
        bank.kill(kind)
        kills[kind.split()[0]] += 1
        stages[now.stage] += 1
        time.sleep(rng.random() * 0.3)
        bank.start(kind)
        if kind == "service":
            bank.until_it_answers()
    told.kills, told.stages = dict(kills), dict(stages)


def _submitted(make_client: Callable[[], Client], file: Path, told: Told, *, part_size: int) -> SubmissionOutcome:
    """Submit as a registrar's program does: after whatever is raised, the same call again."""
    said: Counter[str] = Counter()
    until = time.monotonic() + 3600
    while True:
        told.client_calls += 1
        try:
            with make_client() as client:
                outcome = client.submit(file, part_size=part_size, report=False)
        except CreditBankError as failure:
            said[getattr(failure, "code", type(failure).__name__)] += 1
            told.client_was_told = dict(said)
            if time.monotonic() > until:
                raise
            time.sleep(0.3)
            continue
        return outcome


def storm(folder: Path, *, rows: int, kills: int, seed: int, lease: float) -> Told:
    """One file into two copies of a bank, in peace and in a storm, and what differs."""
    rng = random.Random(seed)
    told = Told(rows, seed)
    quiet, stormy = folder / "quiet", folder / "stormy"
    file = write_file(folder / "results.ndjson", stormy_rows(rows, rng))
    parts = max(20, kills * 3)
    part_size = max(1024, min(4 << 20, file.stat().st_size // parts))
    with machines(quiet, lease=lease) as bank:
        credentials = furnish(bank, institutions=1)
        roster = write_file(folder / "roster.ndjson", enrolments(learners_of(rows)))
        with credentials.client(bank) as client:
            assert client.submit(roster, report=False).submission.counts == {"deposited": learners_of(rows)}
        bank.copy_to(stormy)
        began = time.monotonic()
        with credentials.client(bank) as client:
            outcome = client.submit(file, part_size=part_size, report=False)
        told.seconds_without_kills = round(time.monotonic() - began, 1)
        told.rows_per_second_without_kills = round(rows / (time.monotonic() - began))
        assert outcome.submission.status == "done", outcome.submission
        expected = state_of(bank, str(outcome.submission.submission_id))
    shutil.rmtree(quiet)
    with machines(stormy, lease=lease) as bank:
        ended = threading.Event()
        submission: list[SubmissionOutcome] = []

        def send() -> None:
            try:
                submission.append(
                    _submitted(lambda: credentials.client(bank, attempts=4), file, told, part_size=part_size)
                )
            finally:
                ended.set()

        began = time.monotonic()
        sending = threading.Thread(target=send)
        sending.start()
        _killing(bank, _plan(kills, rng), file, parts=parts, told=told, ended=ended, rng=rng)
        while not ended.wait(0.5):
            bank.supervise()
        sending.join()
        told.ended_by_themselves = bank.ended
        told.seconds = round(time.monotonic() - began, 1)
        told.counts = dict(submission[0].submission.counts)
        assert submission[0].submission.status == "done", submission[0].submission
        found = state_of(bank, str(submission[0].submission.submission_id))
        told.differences = unlike(expected, found)
        told.audit = asyncio.run(bank.audited())
    return told


# --- four at once -------------------------------------------------------------------------------------------------


@dataclass
class Together:
    """What four institutions at once come to."""

    institutions: int
    rows_each: int
    seconds: float = 0.0
    rows_per_second: float = 0.0
    counts: list[dict[str, int]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    jobs_left: list[str] = field(default_factory=list)
    audit: list[str] = field(default_factory=list)
    learners: int = 0


def together(folder: Path, *, rows_each: int, institutions: int = 4, lease: float, workers: int = 2) -> Together:
    """Institutions that send rows about the same people at once."""
    told = Together(institutions, rows_each)
    learners = learners_of(rows_each)

    def lines(at: int) -> Iterator[bytes]:
        for number in range(rows_each):
            # Each begins with other people, so that everybody meets everybody in every order.
            who = (number * (1, 3, 7, 11)[at % 4] + at * learners // 4) % learners
            yield json.dumps(result(who, number // learners, at=at), ensure_ascii=False).encode() + b"\n"

    files = [write_file(folder / f"together{at}.ndjson", lines(at)) for at in range(institutions)]
    with machines(folder / "together", lease=lease, workers=workers) as bank:
        credentials = furnish(bank, institutions=institutions)
        outcomes: dict[int, SubmissionOutcome] = {}

        def send(at: int) -> None:
            with credentials.client(bank, at) as client:
                outcomes[at] = client.submit(files[at], report=False)

        began = time.monotonic()
        threads = [threading.Thread(target=send, args=(at,)) for at in range(institutions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        told.seconds = round(time.monotonic() - began, 1)
        told.rows_per_second = round(rows_each * institutions / (time.monotonic() - began))
        told.counts = [dict(outcomes[at].submission.counts) for at in sorted(outcomes)]
        told.lost = _lost(bank, outcomes, files)
        told.jobs_left = [str(row) for row in bank.sql(_LEFT)]
        told.audit = asyncio.run(bank.audited())
        told.learners = bank.sql("SELECT count(*) FROM learner")[0][0]
    return told


def _lost(bank: Machines, outcomes: dict[int, SubmissionOutcome], files: list[Path]) -> list[str]:
    """Rows without an outcome, outcomes without a record, records without a row."""
    found = []
    for at, file in enumerate(files):
        submission = outcomes[at].submission
        if submission.status != "done":
            found.append(f"institution {at}: {submission.status}")
        with file.open("rb") as lines:
            rows = [json.loads(line) for line in lines]
        keys = {(row["learner"]["student_no"], row["course_code"], row["academic_year"], row["term"]) for row in rows}
        written = bank.sql(
            "SELECT count(*), count(DISTINCT row_no), count(DISTINCT record_id) FROM submission_row"
            " WHERE submission_id = %s",
            str(submission.submission_id),
        )
        if written != [(len(rows), len(rows), len(keys))]:
            found.append(f"institution {at}: {written} of {len(rows)} rows and {len(keys)} keys")
        records = bank.sql(
            "SELECT count(*) FROM record_key k JOIN submission_file f USING (institution_id)"
            " JOIN record_current c USING (learner_id, record_id) WHERE f.submission_id = %s",
            str(submission.submission_id),
        )
        if records != [(len(keys),)]:
            found.append(f"institution {at}: {records} records of {len(keys)}")
    return found


# --- both, in full ------------------------------------------------------------------------------------------------


def main() -> int:
    """Both storms in full; 1 if anything was lost."""
    seed = int(os.environ.get("STORM_SEED", str(random.SystemRandom().randrange(10**6))))
    print(f"seed {seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="cb-storm-"))
    try:
        found = storm(folder, rows=ROWS, kills=KILLS, seed=seed, lease=LEASE)
        print(json.dumps(asdict(found), ensure_ascii=False, indent=2), flush=True)
        four = together(folder, rows_each=EACH, lease=LEASE)
        print(json.dumps(asdict(four), ensure_ascii=False, indent=2), flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    Path("var").mkdir(exist_ok=True)
    summary = {"storm": asdict(found), "together": asdict(four)}
    Path("var/storm.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", "utf-8")
    whole = not (found.differences or found.audit or four.lost or four.jobs_left or four.audit)
    return 0 if whole and sum(found.kills.values()) == KILLS else 1


if __name__ == "__main__":
    sys.exit(main())
