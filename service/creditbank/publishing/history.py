"""The versions of a document that were published, each beside the one it took over from."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.errors import NotFound
from creditbank.publishing.differing import between
from creditbank.publishing.schemas import HistoryOut, VersionHistory
from creditbank.rules.lasting import FOR_EVER
from creditbank.rules.service import Version, published, read_text
from creditbank.rules.tables import RulePublication


async def history_of(session: AsyncSession, document: str) -> HistoryOut:
    """Every version of a document, the newest first. Raises NotFound for one that never was."""
    versions = (await published(session)).of(document)
    if not versions:
        raise NotFound
    acts = await session.exec(select(RulePublication).where(RulePublication.document == document))
    because = {version: act.because for act in acts for version in act.versions}
    return await asyncio.to_thread(_told, versions, because)


def _told(versions: Sequence[Version], because: Mapping[str, str | None]) -> HistoryOut:
    told = [_one(each, before_of(each, versions), because.get(each.version)) for each in versions]
    title = read_text(versions[-1].text).tree["title"]
    return HistoryOut(
        document=versions[0].document,
        title={str(language): str(said) for language, said in title.items()},
        versions=list(reversed(told)),
    )


def before_of(version: Version, versions: Sequence[Version]) -> Version | None:
    """The version that one took over from: the mistaken one it stands for, or the last that began before it."""
    for each in versions:
        if each.superseded_by == version.version:
            return each
    earlier = [each for each in versions if each.begins < version.begins and each.published_at <= version.published_at]
    return earlier[-1] if earlier else None


def _one(version: Version, before: Version | None, because: str | None) -> VersionHistory:
    return VersionHistory(
        version=version.version,
        in_force_from=date.fromisoformat(version.begins),
        in_force_until=None if version.ends == FOR_EVER else date.fromisoformat(version.ends),
        published_at=version.published_at,
        seeded=version.seeded,
        superseded_by=version.superseded_by,
        because=because,
        compared_with=None if before is None else before.version,
        changes=between(version.version, None if before is None else part_of(before), part_of(version)),
    )


def part_of(version: Version) -> Any:
    """What a document says of one of its versions."""
    return next(part for part in read_text(version.text).tree["versions"] if str(part["version"]) == version.version)
