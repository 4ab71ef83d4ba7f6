"""Opening the small city through the API, step by step; what was done is never done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from creditbank.demo import acts, claims, drafting, pathways, progressions
from creditbank.demo.bank import Calls, DemoFileLost, person_entry, published
from creditbank.demo.bootstrap import Bootstrap
from creditbank.demo.city import Institution, calendar, city
from creditbank.demo.demofile import DemoFile
from creditbank.demo.shelf import ROUNDS, File
from creditbank.demo.submitting import submit_all
from creditbank.demo.world import World, think_up

SCOPES = ["records:write", "records:read", "learners:write", "learners:read", "transcripts:read", "changes:read"]
STAFF = (
    ("demo.officer", "officer", "林业务（演示）", "学分银行业务员：处理待核行、更名、合并账户。"),
    ("demo.second", "officer", "赵审定（演示）", "学分银行另一位业务员：审定并公布别人起草的规则。"),
    ("demo.appeals", "appeal_reviewer", "方复核（演示）", "申诉复核人：与原审批人员分开。"),
    ("demo.auditor", "auditor", "严审计（演示）", "审计员：看决定和访问日志，不能改动任何内容。"),
)
_ROLE_OF_KIND = {"enterprise": "provider", "training_provider": "provider", "certificate_body": "certificate_body"}
_ROLE_NAMES = {"registrar": "教务员", "provider": "培训机构经办人", "certificate_body": "发证机构经办人"}


def load(
    base_url: str,
    bootstrap: Bootstrap,
    *,
    path: Path | None = None,
    say: Callable[[str], None] = print,
) -> DemoFile:
    """Open the city in a served bank, or what is left of it to be opened; the file that says how to get in.

    Nothing happens in a bank whose city is open.
    Raises DemoRefused, DemoFileLost, ClientMissing, and errors of the client.
    """
    file = DemoFile.read(path or bootstrap.settings.data_dir / "demo.json", base_url)
    if file.clients and not bootstrap.knows_client(file.clients[0]["client_id"]):
        file = DemoFile(path=file.path, base_url=base_url)
    if not file.complete:
        _open_city(file, bootstrap, say)
        file.complete = True
    file.save()
    return file


def _open_city(file: DemoFile, bootstrap: Bootstrap, say: Callable[[str], None]) -> None:
    say("正在打开演示城市，约半分钟 · opening the small city, about half a minute")
    world = think_up()
    calls = Calls(file, bootstrap)
    began = time.monotonic()
    try:
        for name, act in _steps(calls, bootstrap, world, say):
            if not file.has_done(name):
                at = time.monotonic()
                act()
                file.mark(name)
                say(f"  {name:<28} {time.monotonic() - at:6.1f} s")
    finally:
        calls.close()
    say(f"  {'':<28} {time.monotonic() - began:6.1f} s")


def _steps(
    calls: Calls, bootstrap: Bootstrap, world: World, say: Callable[[str], None]
) -> list[tuple[str, Callable[[], object]]]:
    steps: list[tuple[str, Callable[[], object]]] = [
        ("reference data", bootstrap.reference_data),
        ("staff of the bank", partial(_staff, calls)),
        ("institutions", partial(_institutions, calls)),
        ("certificate standards", partial(_standards, calls)),
    ]
    for one in city():
        steps.append((f"catalogue of {one.key}", partial(_catalogue, calls, one)))
    steps.append(("equivalences", partial(_equivalences, calls)))
    for name, files in ROUNDS:
        steps.append((name, partial(_submit, calls, files, say)))
    steps += acts.steps(calls, world.stories)
    steps += [*claims.steps(calls, world.history), *pathways.steps(calls, world.history)]
    steps += [*claims.steps_afterwards(calls), *progressions.steps(calls)]
    return [*steps, *drafting.steps(calls), *claims.steps_of_today(calls)]


def _submit(calls: Calls, files: Sequence[File], say: Callable[[str], None]) -> None:
    """A round of files; each is a step of its own, for a start that comes after a cut."""
    left = [file for file in files if not calls.file.has_done(file.name)]
    for file, submission in submit_all(calls, left):
        calls.file.mark(file.name)
        became = ", ".join(f"{count} {outcome}" for outcome, count in sorted(submission.counts.items()))
        say(f"    {file.name}: {became}")


# --- who may come in ----------------------------------------------------------------------------------------------


def _staff(calls: Calls) -> None:
    for login, role, name, story in STAFF:
        _open_login(calls, login, role=role, name=name, story=story)


def _open_login(
    calls: Calls, login: str, *, role: str, name: str, story: str, institution: Institution | None = None
) -> None:
    """The bank makes the password; the same key asks for the same one again, should the answer be lost."""
    if calls.file.person(login) is not None:
        return
    said: dict[str, object] = {"login_name": login, "display_name": name, "roles": [role]}
    if institution is not None:
        said["institution_id"] = institution.institution_id
    try:
        given = calls.administrator().post("/v1/logins", said, idempotency_key=f"demo/login/{login}")
    except calls.library.Conflict as conflict:
        raise DemoFileLost from conflict
    calls.file.people.append(person_entry(name, role, login, given["password"], story))
    calls.file.save()


def _institutions(calls: Calls) -> None:
    officer, administrator = calls.person("demo.officer"), calls.administrator()
    for one in city():
        officer.put_institution(one.institution_id, one.profile())
        if calls.file.client(one.name) is None:
            scopes = [*SCOPES, *(["catalogue:write"] if one.programmes else [])]
            asked = {"institution_id": one.institution_id, "name": "业务系统（演示）", "scopes": scopes}
            given = administrator.post("/v1/clients", asked, idempotency_key=f"demo/client/{one.key}")
            calls.file.clients.append(
                {
                    "institution": one.name,
                    "institution_id": str(one.institution_id),
                    "client_id": given["client_id"],
                    "client_secret": given["client_secret"],
                    "scopes": scopes,
                }
            )
            calls.file.save()
        role = _ROLE_OF_KIND.get(one.kind, "registrar")
        name = f"{one.name}{_ROLE_NAMES[role]}"
        _open_login(calls, f"{one.key}.{role}", role=role, name=name, story=f"{name}。", institution=one)
        if one.department is not None:
            name = f"{one.name}{one.department}审核人"
            _open_login(
                calls, f"{one.key}.reviewer", role="department_reviewer", name=name, story=f"{name}。", institution=one
            )


# --- what institutions are and teach ------------------------------------------------------------------------------


def _standards(calls: Calls) -> None:
    rows = [standard for one in city() for standard in one.standards_payload()]
    published(calls.person("demo.officer").publish_standards(rows))


def _catalogue(calls: Calls, one: Institution) -> None:
    if not one.programmes:
        return
    client = calls.institution(one)
    published(client.publish_terms(term.payload() for term in calendar()))
    published(client.publish_courses(course.in_catalogue() for course in one.courses()))
    rows = [row for programme in one.programmes for row in programme.payloads()]
    ids = {outcome["code"]: outcome["id"] for outcome in published(client.publish_programmes(rows))}
    for programme in one.programmes:
        for plan in programme.plans:
            client.publish_plan(ids[programme.code], plan.version, plan.payload())


def _equivalences(calls: Calls) -> None:
    """Once every institution has published what it teaches: one counts the courses of another."""
    for one in city():
        for number, said in enumerate(one.equivalences(), start=1):
            path = f"/v1/institutions/{one.institution_id}/equivalences"
            calls.institution(one).post(path, said, idempotency_key=f"demo/equivalence/{one.key}/{number}")
