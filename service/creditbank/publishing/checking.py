"""Checking a draft: its form, what it does to what is published, its cases, and whether they hold every figure.

Run as a process of its own (`python -m creditbank.publishing.checking`): it reads what it is asked as JSON and writes
what it found as JSON, so that a text which takes for ever, or all the memory, takes nobody else's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any

from creditbank.publishing.law import Known, Proposal, propose
from creditbank.rules import Problem, Rulebook, RuleDocument, RulesRefused, read_document
from creditbank.rules.cases import run_cases, unheld

SECONDS = 120.0
"""How long a check may take."""
MEMORY = 2 * 2**30
"""Octets that a check may use."""
MOST_PROBLEMS = 200
"""Problems that a report lists; how many more there are, it says."""


def check(
    text: str,
    *,
    file: str,
    known: Iterable[Known],
    supersedes: Sequence[str],
    others: Iterable[str],
    current: str | None = None,
) -> dict[str, Any]:
    """What there is to say about a text: {holds, problems, lines, cases, versions, superseded, since}.

    `known` are the published versions of its document, `current` its text in force, `others` those of all others.
    Problems are {file, line, word, zh, en}: where, and what to do.
    """
    try:
        document = read_document(text, file=file)
    except RulesRefused as refused:
        return found(refused.problems)
    proposal = propose(document, known, supersedes)
    problems = [*proposal.problems]
    if text == current:
        zh = "与已公布的文字完全相同，没有可公布的内容。"
        problems.append(
            Problem(file, 0, "", zh, "it is the published text, word for word: there is nothing to publish")
        )
    lines: list[dict[str, Any]] = []
    try:
        lines = [
            {
                "version": outcome.version,
                "name": outcome.name,
                "line": outcome.line,
                "holds": not outcome.wrong,
                "wrong_zh": [zh for zh, _ in outcome.wrong],
                "wrong_en": [en for _, en in outcome.wrong],
            }
            for outcome in run_cases(document)
        ]
        problems += [_failing(document, line) for line in lines if not line["holds"]]
        if all(line["holds"] for line in lines):
            problems += unheld(document)
        Rulebook.load([*(read_document(other) for other in others), document])
    except RulesRefused as refused:
        problems += refused.problems
    return found(problems, lines=lines, proposal=proposal)


def _failing(document: RuleDocument, line: dict[str, Any]) -> Problem:
    zh = f"情形“{line['name']}”不符：{'；'.join(line['wrong_zh'])}"
    en = f"the case {line['name']!r} comes out otherwise: {'; '.join(line['wrong_en'])}"
    return Problem(document.file, line["line"], "cases", zh, en)


def found(
    problems: Iterable[Problem], *, lines: Sequence[dict[str, Any]] = (), proposal: Proposal | None = None
) -> dict[str, Any]:
    """A report of a check."""
    listed = list(problems)
    return {
        "holds": not listed,
        "problems": [
            {"file": each.file, "line": each.line, "word": each.word, "zh": each.zh, "en": each.en}
            for each in listed[:MOST_PROBLEMS]
        ],
        "more_problems": max(0, len(listed) - MOST_PROBLEMS),
        "cases": list(lines),
        "versions": [] if proposal is None else list(proposal.versions),
        "superseded": {} if proposal is None else proposal.superseded,
        "since": None if proposal is None else proposal.since,
    }


# --- in a process of its own --------------------------------------------------------------------------------------


async def check_apart(
    text: str,
    *,
    file: str,
    known: Iterable[Known],
    supersedes: Sequence[str],
    others: Iterable[str],
    current: str | None = None,
) -> dict[str, Any]:
    """The same, in a process of its own that is ended after SECONDS or at MEMORY: that is a problem of the text too."""
    began = time.monotonic()
    asked = {
        "text": text,
        "file": file,
        "known": [[each.version, each.digest, each.begins, each.ends, each.superseded] for each in known],
        "supersedes": list(supersedes),
        "others": list(others),
        "current": current,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "creditbank.publishing.checking",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(json.dumps(asked).encode()), SECONDS)
    except TimeoutError:
        said = b""
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if said:
        report: dict[str, Any] = json.loads(said)
    else:
        zh = f"检查超过 {SECONDS:.0f} 秒或所需内存过多，未能完成。请减少情形或拆分文件。"
        en = f"the check took more than {SECONDS:.0f} seconds or too much memory: fewer cases, or split the document"
        report = found([Problem(file, 0, "", zh, en)])
    return report | {"took_ms": round((time.monotonic() - began) * 1000)}


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (int(SECONDS) + 10, int(SECONDS) + 10))
    asked = json.load(sys.stdin)
    report = check(
        asked["text"],
        file=asked["file"],
        known=[Known(*each) for each in asked["known"]],
        supersedes=asked["supersedes"],
        others=asked["others"],
        current=asked["current"],
    )
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    _main()
