"""The rounds that are on public notice: whom each proposes, by number and masked name, for anybody to object to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, LiteralString
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from creditbank.clock import today
from creditbank.pathways.acting import keys_for, rows_of
from creditbank.pathways.noticing import last_day
from creditbank.pathways.round_law import law_of
from creditbank.pathways.round_reading import masked_names
from creditbank.pathways.round_schemas import NoticeOfOne, RoundNoticeOut
from creditbank.pathways.round_tables import PathwayRound, RoundCandidate
from creditbank.records.acts import Tools

_ON_NOTICE: LiteralString = """
SELECT r.*, to_jsonb(c) AS cohort FROM pathway_round r JOIN cohort c USING (cohort_id)
WHERE r.state = 'on_notice' AND (r.notice_until_on IS NULL OR r.notice_until_on >= %(today)s)
  AND (%(round)s::uuid IS NULL OR r.round_id = %(round)s)
  AND (%(college)s::uuid IS NULL OR c.college_id = %(college)s)
  AND (%(after_on)s::date IS NULL OR (r.notice_from, r.round_id) > (%(after_on)s, %(after)s::uuid))
ORDER BY r.notice_from, r.round_id LIMIT %(limit)s
"""
_PROPOSED: LiteralString = """
SELECT * FROM round_candidate WHERE round_id = %s AND outcome = 'proposed' ORDER BY rank, member_no
"""


async def notices(
    session: AsyncSession,
    *,
    round_id: UUID | None = None,
    college_id: UUID | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int,
    tools: Tools,
) -> list[RoundNoticeOut]:
    """What is on public notice: who is proposed, by number and masked name, while it may still be objected to."""
    shown: list[RoundNoticeOut] = []
    while len(shown) < limit:
        asked = limit - len(shown)
        after_on, after_id = after or (None, None)
        said = {"round": round_id, "college": college_id, "after_on": after_on, "after": after_id, "limit": asked}
        rows = await rows_of(session, _ON_NOTICE, said | {"today": today(tools.at)})
        for row in rows:
            cohort = row.pop("cohort")
            found = await _notice(session, PathwayRound(**row), cohort, tools=tools)
            shown += [] if found is None else [found]
        if len(rows) < asked:
            break
        # Those whose days are over made no line: the rest of the page comes after them.
        after = rows[-1]["notice_from"], rows[-1]["round_id"]
    return shown


async def _notice(
    session: AsyncSession, round_: PathwayRound, cohort: Mapping[str, Any], *, tools: Tools
) -> RoundNoticeOut | None:
    """A round as it is on notice; nothing once its last day, by the working days as they are known now, is over."""
    until = await last_day(session, round_, days=law_of(tools.rulebook, round_).notice_days)
    if until is not None and today(tools.at) > until:
        return None
    proposed = [RoundCandidate(**each) for each in await rows_of(session, _PROPOSED, [round_.round_id])]
    who = [each.learner_id for each in proposed]
    names = await masked_names(session, who, await keys_for(session, who, keyring=tools.keyring))
    assert round_.notice_from is not None
    return RoundNoticeOut(
        round_id=round_.round_id, cohort_id=round_.cohort_id, cohort_name=cohort["name"],
        school_id=cohort["school_id"], college_id=cohort["college_id"], number=round_.number,
        notice_no=round_.notice_no, since_on=round_.notice_from, until_on=until,
        proposed=[
            NoticeOfOne(member_no=each.member_no, name=names.get(each.learner_id), rank=each.rank, route=each.route)
            for each in proposed
        ],
    )  # fmt: skip
