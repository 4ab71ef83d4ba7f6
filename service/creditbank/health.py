"""Whether the process lives, whether it can serve, and its counts."""

from __future__ import annotations

import asyncio
from functools import cache

from alembic.script import ScriptDirectory
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import text

from creditbank.db import Database
from creditbank.errors import BankError
from creditbank.http import problems
from creditbank.migrate import alembic_config

router = APIRouter(tags=["health"])

ANSWER_SECONDS = 3.0


class NotReady(BankError):
    """The database does not answer, or has not the schema of this version."""

    status = 503
    code = "not_ready"
    zh = "尚不能服务：{why_zh}。"
    en = "Not ready to serve: {why_en}."


class Health(BaseModel):
    """That all is well."""

    status: str


@router.get("/livez", summary="Whether the process runs")
async def livez() -> Health:
    """Answers without touching anything: a process that does not is to be restarted."""
    return Health(status="alive")


@router.get("/readyz", summary="Whether requests can be served", responses=problems(NotReady))
async def readyz(request: Request) -> Health:
    """Answers when the database does, with the schema that this version expects."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await schema_of(request.app.state.database)
    except Exception as failure:
        raise _not_ready("数据库没有应答", "the database does not answer") from failure
    if found != request.app.state.schema_expected:
        raise _not_ready("数据库结构不是本版本的，请先迁移", "the schema is not this version's: migrate first")
    return Health(status="ready")


@router.get("/metrics", response_class=Response, summary="Counts and times, for Prometheus")
async def metrics(request: Request) -> Response:
    """Requests by route template, method and status; nothing in it names a person or an institution."""
    body = generate_latest(request.app.state.metrics.registry)
    return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def schema_of(database: Database) -> set[str]:
    """The revisions that the database was migrated to."""
    async with database.session() as session:
        found = await session.exec(text("SELECT version_num FROM alembic_version"))  # type: ignore[call-overload]
        return {row[0] for row in found}


@cache
def schema_expected() -> frozenset[str]:
    """The revisions that this version of the service was written for."""
    return frozenset(ScriptDirectory.from_config(alembic_config("")).get_heads())


def _not_ready(why_zh: str, why_en: str) -> NotReady:
    return NotReady(headers={"Retry-After": "5"}, why_zh=why_zh, why_en=why_en)
