"""`creditbank audit`: rebuild today's view and every balance from versions, decisions and postings, and compare."""

from __future__ import annotations

from creditbank.db import Database, driver
from creditbank.oversight.digests import altered
from creditbank.pathways.freezing import altered_results

_LIVE_LINES = """
    SELECT DISTINCT ON (learner_id, claim_id, line_no) * FROM decision WHERE claim_id IS NOT NULL
    ORDER BY learner_id, claim_id, line_no, revision DESC
"""
_STANDING_USES = """
    SELECT coalesce(a.into_learner_id, c.learner_id) AS person, c.learner_id, c.conversion_id, c.plan_id, c.course_code,
           u.record_id
    FROM conversion c JOIN record_use u USING (learner_id, conversion_id)
    LEFT JOIN learner_alias a ON a.learner_id = c.learner_id AND a.ended_at IS NULL
    WHERE c.state = 'granted'
"""

_CHECKS: tuple[tuple[str, str, str], ...] = (
    (
        "余额与分录之和不符",
        "a balance is not the sum of its entries",
        """
        SELECT learner_id, sequence FROM (
            SELECT e.*, sum(amount) OVER (PARTITION BY learner_id, scheme, account, institution_id ORDER BY sequence)
                   AS running FROM entry e) x
        WHERE running <> balance_after
        """,
    ),
    (
        "分录两边不平",
        "the two sides of a posting do not agree",
        """
        SELECT p.learner_id, p.posting_id FROM posting p JOIN entry e USING (learner_id, posting_id)
        GROUP BY p.learner_id, p.posting_id, p.amount, p.purpose, p.scheme
        HAVING sum(e.amount) <> 0 OR count(*) <> 2
            OR sum(e.amount) FILTER (WHERE e.account = p.purpose AND e.scheme = p.scheme) IS DISTINCT FROM p.amount
        """,
    ),
    (
        "分录序号不连续",
        "entries are not numbered without gaps",
        """
        SELECT h.learner_id, h.last_entry FROM learner_head h LEFT JOIN entry e USING (learner_id)
        GROUP BY h.learner_id, h.last_entry
        HAVING count(e.sequence) <> h.last_entry OR coalesce(max(e.sequence), 0) <> h.last_entry
        """,
    ),
    (
        "冲销金额与原记账不符",
        "a reversal is not the opposite of what it reverses",
        """
        SELECT r.learner_id, r.posting_id FROM posting r
        LEFT JOIN posting p ON p.learner_id = r.learner_id AND p.posting_id = r.reverses
        WHERE r.kind = 'reversal' AND (p.posting_id IS NULL OR p.amount <> -r.amount OR p.occurred_on <> r.occurred_on
              OR p.scheme <> r.scheme OR p.kind = 'reversal'
              OR (p.purpose, p.record_id, p.claim_id, p.line_no)
                 IS DISTINCT FROM (r.purpose, r.record_id, r.claim_id, r.line_no))
        """,
    ),
    (
        "有效决定与其记账不符",
        "what the live decisions of a record say is not what its postings come to",
        """
        SELECT d.learner_id, d.record_id FROM (
            SELECT DISTINCT ON (learner_id, record_id) * FROM decision WHERE record_id IS NOT NULL
            ORDER BY learner_id, record_id, revision DESC, effective_on DESC) d
        LEFT JOIN posting p USING (learner_id, record_id)
        GROUP BY d.learner_id, d.record_id, d.credits HAVING coalesce(sum(p.amount), 0) <> d.credits
        """,
    ),
    (
        "有效转换决定与其记账不符",
        "what the live decision of a line of a claim says is not what its postings come to",
        f"""
        SELECT d.learner_id, d.claim_id, d.line_no FROM ({_LIVE_LINES}) d
        LEFT JOIN posting p USING (learner_id, claim_id, line_no)
        GROUP BY d.learner_id, d.claim_id, d.line_no, d.credits, d.scheme
        HAVING coalesce(sum(p.amount) FILTER (WHERE p.scheme = d.scheme), 0) <> d.credits
            OR coalesce(sum(p.amount), 0) <> d.credits
        """,
    ),
    (
        "记账与其决定所指不符",
        "a posting is not of what its decision is about",
        """
        SELECT p.learner_id, p.posting_id FROM posting p JOIN decision d USING (learner_id, decision_id)
        WHERE (p.record_id, p.claim_id, p.line_no) IS DISTINCT FROM (d.record_id, d.claim_id, d.line_no)
        """,
    ),
    (
        "每个有效成果版本应恰有一组存入决定",
        "a live record has no deposit decision about its last version",
        """
        SELECT v.learner_id, v.record_id FROM (
            SELECT DISTINCT ON (learner_id, record_id) * FROM record_version
            ORDER BY learner_id, record_id, version DESC) v
        WHERE v.act NOT IN ('withdrawn', 'reassigned_away') AND NOT EXISTS (
            SELECT FROM decision d WHERE d.learner_id = v.learner_id AND d.record_id = v.record_id
            AND d.kind = 'deposit' AND d.record_version = v.version)
        """,
    ),
    (
        "当前视图与由来不符",
        "today's view differs from what it is made of",
        """
        WITH rebuilt AS (
            SELECT v.learner_id, v.record_id, v.version, v.institution_id, v.kind, v.content, v.occurred_on, d.level,
                   d.scheme, d.credits, d.verdict, d.clause, d.decision_id
            FROM (SELECT DISTINCT ON (learner_id, record_id) * FROM record_version
                  ORDER BY learner_id, record_id, version DESC) v
            JOIN (SELECT DISTINCT ON (learner_id, record_id) * FROM decision WHERE record_id IS NOT NULL
                  ORDER BY learner_id, record_id, revision DESC, effective_on DESC) d USING (learner_id, record_id)
            WHERE v.act NOT IN ('withdrawn', 'reassigned_away')
        ), shown AS (
            SELECT learner_id, record_id, version, institution_id, kind, content, occurred_on, level, scheme, credits,
                   verdict, clause, decision_id FROM record_current
        )
        SELECT learner_id, record_id
        FROM ((TABLE rebuilt EXCEPT TABLE shown) UNION (TABLE shown EXCEPT TABLE rebuilt)) x
        """,
    ),
    (
        "已转换课程与其有效决定不符",
        "a granted conversion is not what the live decision of its line says",
        f"""
        SELECT c.learner_id, c.conversion_id FROM conversion c
        LEFT JOIN ({_LIVE_LINES}) d USING (learner_id, claim_id, line_no)
        WHERE c.state = 'granted'
          AND (d.decision_id IS DISTINCT FROM c.decision_id OR d.kind <> 'conversion' OR d.verdict <> 'granted'
               OR d.credits <> c.credits OR (c.credits <> 0 AND d.scheme IS DISTINCT FROM c.scheme))
        """,
    ),
    (
        "准予转换的决定没有对应的转换",
        "the live decision of a line grants what does not stand",
        f"""
        SELECT d.learner_id, d.claim_id, d.line_no FROM ({_LIVE_LINES}) d
        WHERE d.kind = 'conversion' AND d.verdict = 'granted' AND 1 <> (
            SELECT count(*) FROM conversion c WHERE c.learner_id = d.learner_id AND c.claim_id = d.claim_id
            AND c.line_no = d.line_no AND c.state = 'granted')
        """,
    ),
    (
        "同一成果在同一方案中重复用于同一课程",
        "a record is used twice for one course of a plan",
        f"""
        SELECT person, plan_id, course_code, record_id FROM ({_STANDING_USES}) u
        GROUP BY person, plan_id, course_code, record_id HAVING count(*) > 1
        """,
    ),
    (
        "转换所用的成果已不存在",
        "a granted conversion uses a record that does not stand",
        f"""
        SELECT u.learner_id, u.conversion_id, u.record_id FROM ({_STANDING_USES}) u
        WHERE NOT EXISTS (
            SELECT FROM record_current r LEFT JOIN learner_alias a ON a.learner_id = r.learner_id AND a.ended_at IS NULL
            WHERE r.record_id = u.record_id AND coalesce(a.into_learner_id, r.learner_id) = u.person)
          -- What a diploma was issued on is flagged for people rather than touched.
          AND NOT EXISTS (
            SELECT FROM conversion v JOIN claim_act f USING (learner_id, claim_id, line_no)
            WHERE v.learner_id = u.learner_id AND v.conversion_id = u.conversion_id AND f.act = 'flagged')
        """,
    ),
    (
        "业务主键与成果不符",
        "a key leads to a learner who does not have its record",
        """
        SELECT k.learner_id, k.record_id FROM record_key k
        WHERE NOT EXISTS (SELECT FROM record_version v WHERE v.learner_id = k.learner_id AND v.record_id = k.record_id)
        """,
    ),
    (
        "转段计划数被突破",
        "more people hold a place than the year's intake has",
        """
        SELECT i.pathway_id, i.year FROM intake i GROUP BY i.pathway_id, i.year
        HAVING sum(coalesce(i.progression_quota, i.quota)) < (
            SELECT count(*) FROM intake o JOIN pathway_round r USING (intake_id) JOIN round_candidate c USING (round_id)
            WHERE o.pathway_id = i.pathway_id AND o.year = i.year AND r.state <> 'abandoned'
              AND c.outcome IN ('proposed', 'taken') AND NOT (r.state = 'frozen' AND EXISTS (
                SELECT FROM member_event e WHERE e.learner_id = c.learner_id AND e.cohort_id = c.cohort_id
                AND e.event = 'given_up')))
        """,
    ),
    (
        "转段结果与参评学员不符",
        "a frozen result is not what became of its candidates",
        """
        SELECT r.round_id, c.learner_id FROM pathway_round r JOIN round_candidate c USING (round_id)
        LEFT JOIN round_result f USING (round_id)
        LEFT JOIN LATERAL (
            SELECT x.* FROM jsonb_to_recordset(f.rows) AS x(learner_id uuid, outcome text, rank int, decision_id uuid)
            WHERE x.learner_id = c.learner_id) x ON true
        WHERE r.state = 'frozen'
          AND (x.outcome, x.rank, x.decision_id) IS DISTINCT FROM (c.outcome, c.rank, c.decision_id)
        """,
    ),
    (
        "变更编号不连续",
        "the feed is not numbered without gaps",
        "SELECT max(number), count(*) FROM feed_item HAVING coalesce(max(number), 0) <> count(*)",
    ),
)


async def differences(database: Database) -> list[str]:
    """Every difference found, as a line with the ids; an empty list means that everything agrees."""
    found = []
    async with database.session() as session:
        connection = await driver(session)
        await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for zh, en, query in _CHECKS:
            rows = await (await connection.execute(query)).fetchall()
            found += [f"{zh} · {en}: {', '.join(map(str, row))}" for row in rows]
        found += [f"内容与存证摘要不符 · not what was digested: {where}" async for where in altered(session)]
        found += [f"冻结的结果与存证摘要不符 · a frozen result is not what was digested: {where}"
                  async for where in altered_results(session)]  # fmt: skip
    return found
