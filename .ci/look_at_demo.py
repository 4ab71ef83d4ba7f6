"""Waits for the demo and reads one transcript as an institution would, with nothing but Python's own library."""

from __future__ import annotations

import base64
import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

NEEDED = {"changes:read", "records:read", "transcripts:read"}


def asked(url: str, *, data: dict[str, str] | None = None, authorization: str = "") -> Any:
    request = urllib.request.Request(  # noqa: S310
        url,
        data=urllib.parse.urlencode(data).encode() if data else None,
        headers={"Authorization": authorization} if authorization else {},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


def wait_until_ready(file: Path, base: str, *, seconds: float) -> dict[str, Any]:
    until = time.monotonic() + seconds
    while True:
        try:
            asked(f"{base}/readyz")
            demo: dict[str, Any] = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError):
            demo = {}
        if demo.get("complete"):  # the file is there from the first step on
            return demo
        if time.monotonic() > until:
            raise SystemExit(f"the demo was not ready after {seconds} seconds")
        time.sleep(0.2)


def main() -> None:
    base = f"http://127.0.0.1:{sys.argv[2]}"
    demo = wait_until_ready(Path(sys.argv[1]), base, seconds=float(sys.argv[3]))
    if demo["base_url"] != base:
        raise SystemExit(f"demo.json names {demo['base_url']}, not {base}")
    client = next(one for one in demo["clients"] if set(_words(one["scopes"])) >= NEEDED)
    basic = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    token = asked(f"{base}/v1/oauth/token", data={"grant_type": "client_credentials"}, authorization=f"Basic {basic}")
    bearer = f"Bearer {token['access_token']}"
    print(client["institution"], *a_record_in_a_transcript(base, bearer), sep="\n")


def a_record_in_a_transcript(base: str, bearer: str) -> tuple[str, str, str]:
    """The first record of the client's own that stands in a transcript, and what that transcript adds up to."""
    for change in asked(f"{base}/v1/changes?after=0&limit=20", authorization=bearer)["items"]:
        record = asked(f"{base}/v1/records/{change['record_id']}", authorization=bearer)
        transcript = asked(f"{base}/v1/learners/{record['learner_id']}/transcript", authorization=bearer)
        if change["record_id"] in json.dumps(transcript) and transcript["totals"]:
            totals = json.dumps(transcript["totals"], ensure_ascii=False, sort_keys=True)
            return record["learner_id"], change["record_id"], totals
    raise SystemExit("none of the first records stands in a transcript")


def _words(scopes: str | list[str]) -> list[str]:
    return scopes.split() if isinstance(scopes, str) else scopes


main()
