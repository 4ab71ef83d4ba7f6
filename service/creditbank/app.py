"""The application: every router, the gate in front of them, and how whatever goes wrong is answered."""

from __future__ import annotations

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount, Route

import creditbank.tables  # noqa: F401 - every table is known before a foreign key to it is resolved
from creditbank import __version__, health
from creditbank.answers import answer_every_error
from creditbank.changes import routes as change_routes
from creditbank.config import Settings
from creditbank.contract import contract_of
from creditbank.db import Database
from creditbank.identity import routes as identity_routes
from creditbank.identity import token_routes
from creditbank.identity.gate import guard, session_cookie
from creditbank.identity.security import Passwords, Tokens
from creditbank.institutions import equivalence_routes, reference_routes
from creditbank.institutions import routes as institution_routes
from creditbank.learners import guardians, leaving, own_routes
from creditbank.learners import identity_routes as identifying_routes
from creditbank.learners import routes as learner_routes
from creditbank.oversight import routes as oversight_routes
from creditbank.oversight import statistics_routes
from creditbank.pathways import (
    agreement_routes,
    asking_routes,
    following,
    progressing_routes,
    review_routes,
    round_list_routes,
    round_routes,
    sheet_routes,
    statement_routes,
)
from creditbank.pathways import consequences as round_consequences
from creditbank.portal.routers import MOST_ASKED
from creditbank.portal.routers import ROUTERS as PAGES
from creditbank.publishing import routes as publishing_routes
from creditbank.recognition import allocation_routes, appeal_routes, class_routes, consequences, totals_routes
from creditbank.recognition import routes as claim_routes
from creditbank.records import officer_routes
from creditbank.records import routes as record_routes
from creditbank.records.consequences import register, register_arrival
from creditbank.rules import Rulebook, load_packaged
from creditbank.rules import routes as rule_routes
from creditbank.rules.in_force import RulesInForce
from creditbank.sealing import Keyring
from creditbank.submissions import routes as submission_routes
from creditbank.telemetry import Doorway, Metrics
from creditbank.transcripts import claimed_routes, personal_data_routes, share_routes, shares
from creditbank.transcripts import routes as transcript_routes

# The routes that are asked most come first: an address is matched against them one by one.
ROUTERS: tuple[APIRouter, ...] = (
    transcript_routes.router,
    record_routes.router,
    *MOST_ASKED,
    submission_routes.router,
    claim_routes.router,
    class_routes.router,
    appeal_routes.router,
    claimed_routes.router,
    change_routes.router,
    token_routes.router,
    institution_routes.router,
    reference_routes.router,
    equivalence_routes.router,
    learner_routes.router,
    own_routes.router,
    personal_data_routes.router,
    officer_routes.router,
    identifying_routes.router,
    identity_routes.router,
    oversight_routes.router,
    statistics_routes.router,
    rule_routes.router,
    publishing_routes.router,
    totals_routes.router,
    allocation_routes.router,
    share_routes.router,
    progressing_routes.router,
    sheet_routes.router,
    statement_routes.router,
    agreement_routes.router,
    asking_routes.router,
    round_routes.router,
    round_list_routes.router,
    review_routes.router,
    *PAGES,
    health.router,
)


def create_app(
    database: Database, settings: Settings, keyring: Keyring, rulebook: Rulebook | RulesInForce | None = None
) -> FastAPI:
    """The bank's application on a database, with its settings and keys; `rulebook` is what the rules decide by
    until something is published: the packaged one if none is given.

    Raises RouteWithoutPermit for a route that `who_may` does not know. Closing the database is the caller's.
    """
    app = FastAPI(
        title="学分银行 Credit bank",
        version=__version__,
        summary="学习成果、认定决定、学分账户|Records, decisions, credits",
        # Pages of API documentation would come from elsewhere; a redirect to another slash would be no one's contract.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.database = database
    app.state.settings = settings
    app.state.keyring = keyring
    rulebook = load_packaged() if rulebook is None else rulebook
    app.state.rules = rulebook if isinstance(rulebook, RulesInForce) else RulesInForce(rulebook)
    app.state.tokens = Tokens.of(settings)
    app.state.passwords = Passwords(settings.login_threads)
    # What other domains ask of a person whose password was right.
    app.state.sign_in_checks = (guardians.sign_in_check(keyring),)
    # What follows for conversions when records change.
    register(consequences.rederive)
    # What follows for rounds when records, or what is said of members, change.
    register(round_consequences.records_changed)
    register_arrival(round_consequences.records_arrived)
    following.register(round_consequences.members_changed)
    # What ends the shares of whoever is merged, parted, closed or erased.
    register(shares.persons_changed)
    leaving.register(shares.person_left)
    app.state.metrics = Metrics()
    app.state.schema_expected = health.schema_expected()
    for router in ROUTERS:
        mount(app, router)
    app.router.routes.append(Route("/openapi.json", _contract, methods=["GET"], include_in_schema=False))
    guard(app.router.routes, app.state.tokens, cookie=session_cookie(settings.base_url))
    answer_every_error(app)
    app.add_middleware(Doorway, body_limit_mib=settings.body_limit_mib, metrics=app.state.metrics)
    app.openapi = lambda: contract_of(app)  # type: ignore[method-assign]
    return app


def mount(app: FastAPI, router: APIRouter) -> None:
    """Take a router's routes as they are, each a route of the application itself.

    `include_router` would keep the router as a branch, match every address twice and hide its routes from the gate.
    """
    for route in router.routes:
        app.router.routes.append(_own(route))


def _own(route: BaseRoute) -> BaseRoute:
    """A route of this application: several applications in one process, as in tests, share routers and not gates."""
    if isinstance(route, APIRoute):
        return _copy(route)
    if isinstance(route, Mount):
        return Mount(route.path, app=route.app, name=route.name)
    if isinstance(route, Route):
        return _copy(route)
    raise TypeError(f"{route!r} is not a route that an application can take from a router: nest no routers")


def _copy(route: Route) -> Route:
    made = object.__new__(type(route))
    made.__dict__.update(route.__dict__)
    return made


async def _contract(request: Request) -> Response:
    return Response(orjson.dumps(contract_of(request.app)), media_type="application/json")
