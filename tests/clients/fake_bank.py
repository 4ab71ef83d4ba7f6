"""A bank of a page, which keeps the contract of submissions and on whose line anything can happen."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import httpx

from creditbank_client import Client

Send = Callable[[httpx.Request], httpx.Response]
Trouble = Callable[[httpx.Request, Send], httpx.Response]
NOW = "2026-07-01T08:00:00Z"
STAGES = ["reading", "queued", "running"]
LEARNER = {"learner": {"name": "演示某", "document": {"kind": "resident_id", "number": "139900199001010014"}}}
RECONCILED = {"records": 4, "credits": "8", "held": 1, "refused": 2}
REPORT = b"PK the annotated workbook"


class Killed(BaseException):
    """The program ended here, and nothing after this line ran."""


def problem(status: int, code: str, zh: str, en: str = "no", **more: Any) -> httpx.Response:
    """A refusal as the bank writes one."""
    said = {"code": code, "status": status, "detail": zh, "detail_zh": zh, "detail_en": en, **more}
    return httpx.Response(status, json=said)


class FakeBank:
    """Lines of a file are rows: `bad …` is refused, `held …` is held, others are deposited the first time.

    A file that begins with `?` needs a mapping, one that begins with `!` is refused as a whole. `troubles` are taken
    one for each request besides those for tokens: each is given the request and the way to send it on.
    """

    def __init__(self, *troubles: Trouble | None) -> None:
        self.troubles = list(troubles)
        self.requests: list[httpx.Request] = []
        self.tokens = 0
        self.submissions: dict[str, dict[str, Any]] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.mappings: dict[str, Any] = {}
        self.answers: dict[str, tuple[bytes, httpx.Response]] = {}
        self.deposited: set[str] = set()
        self.stages: dict[str, list[str]] = {}
        self.changes: list[dict[str, Any]] = []
        self.questions: list[Any] = []
        self.faults: list[Any] = []
        columns = {"学号": "student_no", "总成绩": "score"}
        sheet = {"sheet": None, "kind": "course_result", "columns": columns, "constants": {}, "ignored": ["备注"]}
        self.proposed: dict[str, Any] = {"act": "report", "sheets": [sheet]}
        self.pause = False
        self.page = 2

    @property
    def transport(self) -> httpx.MockTransport:
        """The line to it."""
        return httpx.MockTransport(self._on_the_line)

    def client(self, **said: Any) -> Client:
        """A client of it that never sleeps."""
        return Client(
            "https://bank.example", "college", "a secret",
            **{"transport": self.transport, "sleep": lambda _: None, **said},
        )  # fmt: skip

    def asked(self, method: str, path: str) -> list[httpx.Request]:
        """The requests so far of one kind."""
        return [r for r in self.requests if r.method == method and re.fullmatch(path, r.url.path)]

    def parts_sent(self) -> list[int]:
        """The number of each part that came, in the order of coming."""
        return [int(r.url.path.rsplit("/", 1)[1]) for r in self.asked("PUT", r".*/parts/\d+")]

    def forget_tokens(self) -> None:
        """No token that was given holds any more."""
        self.tokens += 1

    def _on_the_line(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/oauth/token":
            if "Basic" not in request.headers.get("Authorization", ""):
                return httpx.Response(401, json={"error": "invalid_client", "error_description": "no"})
            said = {"access_token": f"t{self.tokens}", "expires_in": 600, "token_type": "bearer", "scope": "all"}
            return httpx.Response(200, json={**said, "institution_id": "1"})
        self.requests.append(request)
        trouble = self.troubles.pop(0) if self.troubles else None
        return self._answer(request) if trouble is None else trouble(request, self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.headers["Authorization"] != f"Bearer t{self.tokens}":
            return problem(401, "not_signed_in", "未登录")
        key = request.headers.get("Idempotency-Key")
        if key in self.answers:
            content, answer = self.answers[key]
            same = content == request.content
            return answer if same else problem(409, "idempotency_key_reused", "该键已用于另一份内容")
        answer = self._route(request)
        if key is not None and answer.is_success:
            self.answers[key] = (request.content, answer)
        return answer

    def _route(self, request: httpx.Request) -> httpx.Response:
        routes: list[tuple[str, Callable[..., httpx.Response]]] = [
            ("POST /v1/submissions", self._create),
            ("GET /v1/submissions", self._all),
            ("GET /v1/submissions/([^/]+)", self._one),
            (r"PUT /v1/submissions/([^/]+)/parts/(\d+)", self._part),
            ("POST /v1/submissions/([^/]+)/completion", self._complete),
            ("GET /v1/submissions/([^/]+)/preview", self._preview),
            ("PUT /v1/submissions/([^/]+)/mapping", self._map),
            ("GET /v1/submissions/([^/]+)/rows", self._rows),
            ("POST /v1/submissions/([^/]+)/cancellation", self._cancel),
            (r"GET /v1/submissions/([^/]+)/report\.xlsx", self._report),
            ("GET /v1/reconciliation", self._reconciliation),
            (r"GET /v1/reconciliation\.xlsx", self._reconciliation_book),
            ("POST /v1/records/([^/]+)/withdrawal", self._withdraw),
            ("GET /v1/changes", self._changes),
        ]
        for pattern, act in routes:
            found = re.fullmatch(pattern, f"{request.method} {request.url.path}")
            if found:
                if found.groups() and "submissions" in pattern and found[1] not in self.submissions:
                    break
                return act(request, *found.groups())
        return problem(404, "not_found", "没有找到，或您无权查看。", "Not found, or not yours to see.")

    def _create(self, request: httpx.Request) -> httpx.Response:
        said = json.loads(request.content)
        assert set(said) == {"file_name", "size", "sha256", "act", "dry_run", "kind", "reason"}
        if said["size"] > 1 << 30:
            return problem(413, "file_too_large", "文件超过上限")
        submission_id = str(uuid4())
        self.submissions[submission_id] = {
            "submission_id": submission_id, "institution_id": "1", "format": None, "status": "receiving", **said,
            "received": {"parts": [], "bytes": 0}, "rows": None, "done": 0, "set_aside": 0, "counts": {},
            "warnings": {}, "created_at": NOW, "started_at": None, "finished_at": None, "continue_at": None,
            "retain_until": NOW, "same_file_as": None, "mapping": None, "problem": None, "cancelled_after_row": None,
        }  # fmt: skip
        self.parts[submission_id] = {}
        return httpx.Response(201, json=self.submissions[submission_id])

    def _part(self, request: httpx.Request, submission_id: str, number: str) -> httpx.Response:
        assert request.headers["Content-Type"] == "application/octet-stream"
        submission, parts, content = self.submissions[submission_id], self.parts[submission_id], request.content
        if parts.get(int(number), content) != content:
            return problem(409, "part_differs", f"第 {number} 部分已收到，内容与本次不同")
        if int(number) not in parts and submission["status"] != "receiving":
            return problem(409, "no_longer_receiving", "该报送已不再接收内容")
        parts[int(number)] = content
        submission["received"] = {"parts": sorted(parts), "bytes": sum(map(len, parts.values()))}
        digest = hashlib.sha256(content).hexdigest()
        return httpx.Response(200, json={"part_no": int(number), "size": len(content), "sha256": digest})

    def _complete(self, request: httpx.Request, submission_id: str) -> httpx.Response:
        submission, said = self.submissions[submission_id], json.loads(request.content)
        parts = self.parts[submission_id]
        if submission["status"] == "receiving":
            if sorted(parts) != list(range(1, said["parts"] + 1)):
                return problem(409, "parts_missing", "尚缺部分")
            whole = b"".join(parts[number] for number in sorted(parts))
            if hashlib.sha256(whole).hexdigest() != said["sha256"]:
                return problem(422, "file_differs", "与说明的 SHA-256 不符")
            submission.update(status="reading", received=None)
            self.stages[submission_id] = [*STAGES, "done"]
            if whole.startswith(b"?"):
                self.stages[submission_id] = ["reading", "needs_mapping"]
            if whole.startswith(b"!"):
                self.stages[submission_id] = ["reading", "failed"]
            if self.pause:
                self.stages[submission_id] = ["reading", "running", "paused", "running", "done"]
        return httpx.Response(202, json=submission)

    def _one(self, request: httpx.Request, submission_id: str) -> httpx.Response:
        submission, stages = self.submissions[submission_id], self.stages.get(submission_id, [])
        if stages and submission["status"] not in {"cancelled"}:
            submission["status"] = stages.pop(0)
            if submission["status"] == "running":
                submission["rows"] = self.parts_whole(submission_id).count(b"\n")
            if submission["status"] == "done":
                self._post(submission_id)
            if submission["status"] == "failed":
                said = {"code": "not_a_spreadsheet", "status": 422, "detail": "这不是表格", "detail_zh": "这不是表格"}
                submission["problem"] = {**said, "detail_en": "This is no spreadsheet."}
        return httpx.Response(200, json=submission)

    def parts_whole(self, submission_id: str) -> bytes:
        """The file as it came."""
        return b"".join(part for _, part in sorted(self.parts[submission_id].items()))

    def _post(self, submission_id: str) -> None:
        rows: list[dict[str, Any]] = []
        lines = self.parts_whole(submission_id).decode().splitlines()
        for number, line in enumerate(lines, 1):
            outcome = "held" if line.startswith("held") else "refused" if line.startswith("bad") else "deposited"
            if line in self.deposited:
                outcome = "unchanged"
            elif outcome == "deposited":
                self.deposited.add(line)
            row: dict[str, Any] = {
                "row": number, "sheet": "成绩", "row_no": number, "outcome": outcome, "record_id": None,
                "version": None, "held_row_id": None, "since": None, "warnings": [], "problem": None, "cells": [],
            }  # fmt: skip
            if outcome == "refused":
                row["cells"] = [{"cell": f"F{number}", "header": "总成绩", "field": "score"}]
                sentences = {
                    "detail": "成绩超出范围",
                    "detail_zh": "成绩超出范围",
                    "detail_en": "The score is too high",
                }
                row["problem"] = {
                    "code": "score_out_of_range", "status": 422, **sentences, "field": "/score",
                    "faults": [{"pointer": "/score", "zh": "过高", "en": "too high"}],
                    "findings": [{"clause": "3.2", "verdict": "not_met"}],
                }  # fmt: skip
            rows.append(row)
        counted = {one: sum(row["outcome"] == one for row in rows) for one in {row["outcome"] for row in rows}}
        self.submissions[submission_id].update(done=len(rows), rows=len(rows), counts=counted, finished_at=NOW)
        self.rows[submission_id] = rows

    def _all(self, request: httpx.Request) -> httpx.Response:
        return self._paged(request, "submissions", list(self.submissions.values())[::-1])

    def _rows(self, request: httpx.Request, submission_id: str) -> httpx.Response:
        asked = parse_qs(request.url.query.decode()).get("outcome")
        rows = [row for row in self.rows[submission_id] if asked is None or row["outcome"] in asked]
        return self._paged(request, "rows", rows)

    def _paged(self, request: httpx.Request, name: str, found: list[Any]) -> httpx.Response:
        start = int(request.url.params.get("cursor", 0))
        end = start + self.page
        following = str(end) if end < len(found) else None
        return httpx.Response(200, json={name: found[start:end], "next": following})

    def _preview(self, request: httpx.Request, submission_id: str) -> httpx.Response:
        columns = [
            {"letter": "A", "header": "学号", "field": "student_no", "field_zh": "学号", "field_en": "student number",
             "why": "both", "samples": ["20230001"]},
            {"letter": "B", "header": "备注", "field": None, "field_zh": None, "field_en": None, "why": "known",
             "samples": []},
        ]  # fmt: skip
        sheet = {
            "sheet_no": 1, "name": "成绩", "used": True, "set_aside": None, "kind": "course_result",
            "kind_zh": "课程成绩", "kind_en": "course results", "header_row": 2, "header_rows": 1, "columns": columns,
            "mapping": self.proposed["sheets"][0],
        }  # fmt: skip
        proposal = {
            "mapping": None if self.questions else self.proposed, "sheets": [sheet], "questions": self.questions,
            "faults": self.faults, "saved": None, "complete": False,
        }  # fmt: skip
        rows = [
            {"row": 1, "sheet": None, "reads": "set_aside", "payload": None,
             "why": {"code": "title", "zh": "标题", "en": "title"}, "faults": []},
            {"row": 3, "sheet": None, "reads": "row", "payload": {**LEARNER, "score": "86"},
             "why": None, "faults": []},
        ]  # fmt: skip
        return httpx.Response(200, json={"proposal": proposal, "mapping": None, "rows": rows})

    def _map(self, request: httpx.Request, submission_id: str) -> httpx.Response:
        if self.submissions[submission_id]["status"] != "needs_mapping":
            return problem(409, "nothing_to_map", "当前不需要确认表头对应")
        self.mappings[submission_id] = json.loads(request.content)
        self.submissions[submission_id].update(status="queued", mapping=self.mappings[submission_id])
        self.stages[submission_id] = ["running", "done"]
        return httpx.Response(200, json=self.submissions[submission_id])

    def _cancel(self, request: httpx.Request, submission_id: str) -> httpx.Response:
        if self.submissions[submission_id]["status"] == "done":
            return problem(409, "submission_ended", "该报送已结束")
        self.submissions[submission_id].update(status="cancelled", cancelled_after_row=1)
        return httpx.Response(200, json=self.submissions[submission_id])

    def _report(self, request: httpx.Request, submission_id: str) -> httpx.Response:
        return httpx.Response(200, content=REPORT + request.url.query)

    def _reconciliation(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"asked": dict(request.url.params), **RECONCILED})

    def _reconciliation_book(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"PK reconciliation")

    def _withdraw(self, request: httpx.Request, record_id: str) -> httpx.Response:
        if record_id == "gone":
            return problem(409, "record_already_withdrawn", "该成果已撤回", "Withdrawn already.")
        said = {"row": 1, "outcome": "withdrawn", "record_id": record_id, "version": 2}
        return httpx.Response(200, json=said)

    def _changes(self, request: httpx.Request) -> httpx.Response:
        after, limit = int(request.url.params["after"]), int(request.url.params["limit"])
        later = [change for change in self.changes if change["number"] > after]
        return httpx.Response(200, json={"items": later[:limit], "more": len(later) > limit})
