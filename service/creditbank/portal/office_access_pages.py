"""The officer's console: institutions, their clients, sign-ins of staff, public notices, and the log of access."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

from fastapi import APIRouter, Response
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.db import SessionDep
from creditbank.http import KeyringDep, PageDep, cursor_of, instant_and_id, one_page
from creditbank.identifiers import new_id
from creditbank.identity import access_log, clients, logins
from creditbank.identity.actor import Actor, ActorDep
from creditbank.identity.schemas import NewClient, NewLogin, Scope, StaffRole
from creditbank.institutions import reading, service
from creditbank.institutions.schemas import InstitutionKind, ProfileIn
from creditbank.pathways.public_notices import notices as round_notices
from creditbank.portal.accesses_said import act_said, purpose_said
from creditbank.portal.answering import Visit
from creditbank.portal.desk import Fault, Posted, PostedDep, done_once, id_of, tools_of
from creditbank.portal.office import (
    PAGE,
    asked_id,
    called,
    choices_of,
    every_institution,
    further,
    given_once,
    office_page,
)
from creditbank.portal.visiting import AtHomeDep
from creditbank.recognition.reading import notices as claim_notices
from creditbank.records.acts import Tools
from creditbank.sealing import Keyring

router = APIRouter(include_in_schema=False)

INSTITUTIONS, CLIENTS, LOGINS = "/office/institutions", "/office/clients", "/office/logins"
KINDS: tuple[str, ...] = get_args(InstitutionKind)
SCOPES: tuple[str, ...] = get_args(Scope)
ROLES: tuple[str, ...] = get_args(StaffRole)
MOST_NOTICES = 100


# --- institutions ---------------------------------------------------------------------------------------------------


@router.get(INSTITUTIONS)
async def institutions_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """Those of today, of one kind if asked."""
    kind = visited.request.query_params.get("kind")
    found = [one for one in await every_institution(session, visited) if kind not in KINDS or one.kind == kind]
    return office_page(
        visited, "institutions.html", actor, here=INSTITUTIONS, institutions=found, kinds=KINDS, chosen=kind
    )  # fmt: skip


@router.get(f"{INSTITUTIONS}/new")
async def new_institution_page(actor: ActorDep, visited: AtHomeDep) -> Response:
    """A form for one that is not there yet."""
    return _profile(visited, actor, None)


@router.get(f"{INSTITUTIONS}/{{institution_id}}")
async def institution_page(
    institution_id: str, actor: ActorDep, session: SessionDep, visited: AtHomeDep
) -> Response:  # fmt: skip
    """What it is today, and what it becomes from a day on. Raises NotFound."""
    return await _institution(session, visited, actor, id_of(institution_id))


async def _institution(
    session: AsyncSession, visited: Visit, actor: Actor, institution_id: UUID, *, fault: Fault | None = None
) -> Response:
    found = await reading.institution(session, institution_id=institution_id, on=today(visited.at))
    return _profile(visited, actor, found, fault=fault)


def _profile(visited: Visit, actor: Actor, found: Any, *, fault: Fault | None = None) -> Response:
    here = f"{INSTITUTIONS}/{'new' if found is None else found.institution_id}"
    return office_page(
        visited, "institution.html", actor, here=here, fault=fault, one=found, kinds=KINDS,
        today=today(visited.at).isoformat(), address=INSTITUTIONS if found is None else here,
    )  # fmt: skip


def _said(posted: Posted) -> ProfileIn:
    names = ("kind", "name", "name_en", "uscc", "school_code", "college_code", "valid_from", "valid_until")
    return ProfileIn.model_validate(posted.said(*names) | {"demo": posted.one("demo") == "yes"})


@router.post(INSTITUTIONS)
async def open_institution(posted: PostedDep) -> Response:
    """A new one; one that has its official identifier already is the same, and is published anew."""

    async def act(session: AsyncSession, tools: Tools) -> str:
        profile = _said(posted)
        await service.lock_reference(session)
        which = await service.institution_with(session, profile) or new_id()
        await service.publish_institution(session, profile, institution_id=which, at=tools.at)
        return f"{INSTITUTIONS}/{which}"

    async def show(fault: Fault) -> Response:
        return _profile(posted.visited, posted.actor, None, fault=fault)

    return await done_once(posted, "institution", act, then=None, show=show)


@router.post(f"{INSTITUTIONS}/{{institution_id}}")
async def publish_institution(institution_id: str, posted: PostedDep) -> Response:
    """What it is from a day on. Raises NotFound."""
    which = id_of(institution_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        await reading.exists(session, which)
        return await service.publish_institution(session, _said(posted), institution_id=which, at=tools.at)

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _institution(session, posted.visited, posted.actor, which, fault=fault)

    return await done_once(posted, "institution", act, then=f"{INSTITUTIONS}/{which}", show=show)


# --- clients --------------------------------------------------------------------------------------------------------


@router.get(CLIENTS)
async def clients_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep, page: PageDep) -> Response:
    """Clients of institutions, the oldest first; of one institution if asked."""
    return await _clients(session, visited, actor, page=page)


async def _clients(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    *,
    page: PageDep | None = None,
    fault: Fault | None = None,
) -> Response:
    institution = asked_id(visited.request.query_params.get("institution"))
    after = None if page is None else page.after(UUID)
    found = await clients.list_clients(session, limit=PAGE + 1, after=after, institution_id=institution)
    rows, cursor = one_page(found, limit=PAGE, key=lambda client: cursor_of(client.client_id))
    institutions = await every_institution(session, visited)
    return office_page(
        visited, "clients.html", actor, here=CLIENTS, fault=fault, clients=rows,
        following=further(visited.request, cursor), names=called(institutions), choices=choices_of(institutions),
        chosen=institution, scopes=SCOPES,
    )  # fmt: skip


@router.get(f"{CLIENTS}/{{client_id}}")
async def client_page(client_id: str, actor: ActorDep, session: SessionDep, visited: AtHomeDep) -> Response:
    """One client with the dates of its secrets. Raises NotFound."""
    return await _client(session, visited, actor, id_of(client_id))


async def _client(
    session: AsyncSession, visited: Visit, actor: Actor, client_id: UUID, *, fault: Fault | None = None
) -> Response:
    client = await clients.find_client(session, client_id)
    held = (await clients.secrets_of(session, [client_id]))[client_id]
    return office_page(
        visited, "client.html", actor, here=f"{CLIENTS}/{client_id}", fault=fault, client=client, secrets=held,
        names=called(await every_institution(session, visited)),
    )  # fmt: skip


@router.post(CLIENTS)
async def open_client(posted: PostedDep) -> Response:
    """Its first secret stands in this answer and nowhere else."""

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        said = NewClient.model_validate(
            posted.said("institution_id", "name") | {"scopes": posted.many("scopes")}
        )  # fmt: skip
        client, secret = await clients.open_client(
            session, actor=posted.actor, institution_id=said.institution_id, name=said.name, scopes=said.scopes,
            at=tools.at,
        )  # fmt: skip
        return {"client_id": str(client.client_id), "secret": secret.secret}

    async def show(fault: Fault) -> Response:
        async with posted.database.session() as session:
            return await _clients(session, posted.visited, posted.actor, fault=fault)

    return await given_once(posted, "client", act, given=lambda made: _secret(posted, made), show=show)


@router.post(f"{CLIENTS}/{{client_id}}/secrets")
async def add_secret(client_id: str, posted: PostedDep) -> Response:
    """A second secret, so that the first can be rotated out. Raises NotFound."""
    which = id_of(client_id)

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        secret = await clients.add_secret(session, actor=posted.actor, client_id=which, at=tools.at)
        return {"client_id": str(which), "secret": secret.secret}

    return await given_once(
        posted, "client_secret", act, given=lambda made: _secret(posted, made),
        show=lambda fault: _client_again(posted, which, fault),
    )  # fmt: skip


async def _secret(posted: Posted, made: Mapping[str, Any]) -> Response:
    pairs = [("off_client_id", made["client_id"]), ("off_secret", made["secret"])]
    return office_page(
        posted.visited, "given.html", posted.actor, here=f"{CLIENTS}/{made['client_id']}", pairs=pairs,
        back=f"{CLIENTS}/{made['client_id']}",
    )  # fmt: skip


async def _client_again(posted: Posted, client_id: UUID, fault: Fault) -> Response:
    async with posted.database.session() as session:
        return await _client(session, posted.visited, posted.actor, client_id, fault=fault)


@router.post(f"{CLIENTS}/{{client_id}}/revocation")
async def revoke_secret(client_id: str, posted: PostedDep) -> Response:
    """A secret opens nothing from now on. Raises NotFound."""
    which = id_of(client_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        return await clients.revoke_secret(
            session, actor=posted.actor, client_id=which, secret_id=id_of(posted.one("secret_id") or ""), at=tools.at
        )  # type: ignore[func-returns-value]

    return await done_once(
        posted, "client_revocation", act, then=f"{CLIENTS}/{which}",
        show=lambda fault: _client_again(posted, which, fault), sure=True,
    )  # fmt: skip


@router.post(f"{CLIENTS}/{{client_id}}/disablement")
async def disable_client(client_id: str, posted: PostedDep) -> Response:
    """No token from now on. Raises NotFound."""
    which = id_of(client_id)

    async def act(session: AsyncSession, tools: Tools) -> None:
        await clients.disable_client(session, actor=posted.actor, client_id=which, at=tools.at)

    return await done_once(
        posted, "client_disablement", act, then=f"{CLIENTS}/{which}",
        show=lambda fault: _client_again(posted, which, fault), sure=True,
    )  # fmt: skip


# --- sign-ins of staff ----------------------------------------------------------------------------------------------


@router.get(LOGINS)
async def logins_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, page: PageDep
) -> Response:
    """Sign-ins of staff, the oldest first; learners and guardians are nobody's to list."""
    return await _logins(session, visited, actor, keyring=keyring, after=page.after(UUID))


async def _logins(
    session: AsyncSession,
    visited: Visit,
    actor: Actor,
    *,
    keyring: Keyring,
    after: UUID | None = None,
    fault: Fault | None = None,
) -> Response:
    institution = asked_id(visited.request.query_params.get("institution"))
    found = await logins.staff_logins(session, limit=PAGE + 1, after=after, institution_id=institution)
    rows, cursor = one_page(found, limit=PAGE, key=lambda login: cursor_of(login.login_id))
    institutions = await every_institution(session, visited)
    return office_page(
        visited, "logins.html", actor, here=LOGINS, fault=fault, logins=[logins.shown(keyring, one) for one in rows],
        following=further(visited.request, cursor), names=called(institutions), choices=choices_of(institutions),
        chosen=institution, roles=ROLES,
    )  # fmt: skip


async def _logins_again(posted: Posted, fault: Fault) -> Response:
    async with posted.database.session() as session:
        return await _logins(session, posted.visited, posted.actor, keyring=posted.state.keyring, fault=fault)


@router.post(LOGINS)
async def open_login(posted: PostedDep) -> Response:
    """The first password stands in this answer and nowhere else."""
    password = logins.new_password()
    password_hash = await posted.state.passwords.hash(password)

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        said = NewLogin.model_validate(
            posted.said("login_name", "display_name", "institution_id") | {"roles": posted.many("roles")}
        )  # fmt: skip
        await logins.open_staff_login(
            session, tools.keyring, actor=posted.actor, login_name=said.login_name, password_hash=password_hash,
            roles=said.roles, display_name=said.display_name, institution_id=said.institution_id, at=tools.at,
        )  # fmt: skip
        return {"login_name": said.login_name, "password": password}

    async def given(made: Mapping[str, Any]) -> Response:
        return _password(posted, [("off_login_name", made["login_name"]), ("off_password", made["password"])])

    return await given_once(posted, "login", act, given=given, show=lambda fault: _logins_again(posted, fault))


@router.post(f"{LOGINS}/{{login_id}}/password")
async def reset_password(login_id: str, posted: PostedDep) -> Response:
    """Another password, in this answer and nowhere else. Raises NotFound."""
    which = id_of(login_id)
    password = logins.new_password()
    password_hash = await posted.state.passwords.hash(password)

    async def act(session: AsyncSession, tools: Tools) -> Mapping[str, Any]:
        await logins.change_password(
            session, actor=posted.actor, login_id=which, password_hash=password_hash, at=tools.at
        )  # fmt: skip
        return {"password": password}

    async def given(made: Mapping[str, Any]) -> Response:
        return _password(posted, [("off_password", made["password"])])

    return await given_once(
        posted, f"login_password-{which}", act, given=given, show=lambda fault: _logins_again(posted, fault), sure=True
    )


def _password(posted: Posted, pairs: list[tuple[str, str]]) -> Response:
    return office_page(posted.visited, "given.html", posted.actor, here=LOGINS, pairs=pairs, back=LOGINS)


@router.post(f"{LOGINS}/{{login_id}}/disablement")
async def disable_login(login_id: str, posted: PostedDep) -> Response:
    """No sign-in from now on. Raises NotFound."""
    which = id_of(login_id)

    async def act(session: AsyncSession, tools: Tools) -> object:
        return await logins.disable_login(session, actor=posted.actor, login_id=which, at=tools.at)

    return await done_once(
        posted, f"login_disablement-{which}", act, then=LOGINS, show=lambda fault: _logins_again(posted, fault),
        sure=True,
    )  # fmt: skip


# --- notices and the log of access ----------------------------------------------------------------------------------


@router.get("/office/notices")
async def notices_page(
    actor: ActorDep, session: SessionDep, keyring: KeyringDep, visited: AtHomeDep, page: PageDep
) -> Response:
    """Claims and lists of rounds that may be objected to now; nobody is named but by masked names of lists."""
    found = await claim_notices(
        session, institution_id=None, after=instant_and_id(page.cursor), limit=PAGE + 1, at=visited.at
    )  # fmt: skip
    rows, cursor = one_page(found, limit=PAGE, key=lambda one: cursor_of(str(one.since_at), one.claim_id))
    rounds = await round_notices(session, limit=MOST_NOTICES, tools=await tools_of(visited, keyring))
    return office_page(
        visited, "notices.html", actor, here="/office/notices", claims=rows, rounds=rounds,
        following=further(visited.request, cursor), names=called(await every_institution(session, visited)),
        today=today(visited.at),
    )  # fmt: skip


@router.get("/office/access-log")
async def access_log_page(actor: ActorDep, session: SessionDep, visited: AtHomeDep, page: PageDep) -> Response:
    """Who did or looked at what, the newest first; of one learner or one actor if asked."""
    query = visited.request.query_params
    learner, by = query.get("learner_id", "").strip(), query.get("actor", "").strip()
    rows = await access_log.entries(
        session, limit=page.asked, before=page.after(UUID), learner_id=asked_id(learner), actor=by or None
    )
    found, cursor = page.cut(rows, key=lambda entry: entry.entry_id)
    return office_page(
        visited, "access_log.html", actor, here="/office/access-log", entries=found, learner=learner, by=by,
        wrong=bool(learner) and asked_id(learner) is None, following=further(visited.request, cursor),
        act_said=lambda act: act_said(act, visited.language),
        purpose_said=lambda purpose: purpose_said(purpose, visited.language),
    )  # fmt: skip
