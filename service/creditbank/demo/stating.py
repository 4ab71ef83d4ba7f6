"""What a school states about members of its cohort, by the bank's own function: there is no route for it yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from creditbank import clock
from creditbank.db import Database
from creditbank.demo.bank import DemoRefused
from creditbank.demo.bootstrap import Bootstrap
from creditbank.pathways.statement_topics import StatementBody
from creditbank.pathways.statements import OfCohort, Speaker, Wanted, state_many
from creditbank.records.acts import Tools
from creditbank.rules import Rulebook, packaged_documents
from creditbank.sealing import Keyring

_BODY: TypeAdapter[Any] = TypeAdapter(StatementBody)


def state(bootstrap: Bootstrap, cohort: dict[str, Any], said: Sequence[tuple[str, Any]]) -> None:
    """State as the school's registrar. Raises DemoRefused."""
    of = OfCohort(UUID(cohort["cohort_id"]), UUID(cohort["school_id"]), UUID(cohort["college_id"]))
    by = Speaker("school", "login:demo", of.school_id)
    rows = [Wanted(UUID(learner_id), _BODY.validate_python(body)) for learner_id, body in said]

    async def act(database: Database, keyring: Keyring) -> list[Any]:
        tools = Tools(keyring, Rulebook.load(packaged_documents()), clock.now())
        return await database.write(lambda session: state_many(session, of, rows, by=by, tools=tools))

    refused = [one.refusal for one in bootstrap.run(act) if one.refusal is not None]
    if refused:
        raise DemoRefused(str(refused))
