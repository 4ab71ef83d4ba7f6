"""The pictures of the guides, each a scene of the demo city: `python -m tests.demo.guide_pictures` takes them all.

It asks the running demo (`var/demo.json`) and writes docs/pictures; a test takes the same scenes in a city of its own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.demo.browsing import PHONE, At, Sitting, screens

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "docs" / "guides"
PICTURES = ROOT / "docs" / "pictures"
LARGEST = 120 * 1024
"""Bytes of a picture: a guide is read on a phone too."""
DESK_SMALL = {"width": 1000, "height": 700}

Acting = Callable[[Sitting], None]


@dataclass(frozen=True)
class Scene:
    """Somebody of the city at a screen, and what they do until the picture is taken."""

    name: str
    login: str | None
    size: Mapping[str, int]
    language: str
    act: Acting

    @property
    def sitting(self) -> tuple[str, int, str]:
        """What scenes have in common that one sign-in does for."""
        return (self.login or "", self.size["width"], self.language)


SCENES: dict[str, Scene] = {}


def scene(
    name: str, login: str | None, size: Mapping[str, int] = PHONE, *, language: str = "zh"
) -> Callable[[Acting], Acting]:
    """Make a function the scene of a picture."""

    def kept(act: Acting) -> Acting:
        assert name not in SCENES, name
        SCENES[name] = Scene(name, login, size, language, act)
        return act

    return kept


def sittings() -> Iterator[Sequence[Scene]]:
    """The scenes, those together that one person sits at one screen for."""
    for _, together in groupby(sorted(SCENES.values(), key=lambda one: one.sitting), key=lambda one: one.sitting):
        yield list(together)


def take(at: At, scenes: Sequence[Scene], into: Path) -> list[Path]:
    """The pictures of one sitting: what the screen shows, and no more of the page."""
    into.mkdir(parents=True, exist_ok=True)
    first, taken = scenes[0], []
    with at(first.login, first.size, language=first.language, folder="guides") as sitting:
        for one in scenes:
            one.act(sitting)
            sitting.page.wait_for_load_state()
            path = into / f"{one.name}.png"
            sitting.page.screenshot(path=path)
            taken.append(path)
    return taken


def to(sitting: Sitting, selector: str) -> None:
    """Scroll until something stands at the top of the screen."""
    sitting.page.locator(selector).first.evaluate("one => one.scrollIntoView({block: 'start'})")


def _first(sitting: Sitting, address: str) -> None:
    """Follow the first way on the page that begins with an address."""
    sitting.follow(sitting.page.locator(f"main a[href^='{address}']:not([href$='/new'])").first)


# --- learners -------------------------------------------------------------------------------------------------------


@scene("learner-home", "yi.qiang")
def _home(sitting: Sitting) -> None:
    sitting.go("/my")
    to(sitting, "main h1")


@scene("learner-worth", "yi.qiang")
def _worth(sitting: Sitting) -> None:
    sitting.go("/my/worth")
    _first(sitting, "/my/worth/")
    to(sitting, "main h1")


@scene("learner-account", "yi.qiang")
def _account(sitting: Sitting) -> None:
    sitting.go("/my/account")
    to(sitting, "main h1")


@scene("learner-transcript", "shen.zhiyuan")
def _transcript(sitting: Sitting) -> None:
    sitting.go("/my/transcript")
    to(sitting, "main h1")


@scene("learner-story", "sun.lina")
def _story(sitting: Sitting) -> None:
    sitting.go("/my/transcript")
    sitting.follow(sitting.page.locator("main a", has_text="程序设计基础").first)
    to(sitting, "main h1")


@scene("learner-claim", "jiang.chen")
def _claim(sitting: Sitting) -> None:
    sitting.go("/my/claims")
    _first(sitting, "/my/claims/")
    to(sitting, "main h1")


@scene("learner-refusal", "jiang.chen")
def _refusal(sitting: Sitting) -> None:
    _claim(sitting)
    sitting.follow(sitting.page.locator("main a[href$='/lines/1']").first)
    to(sitting, "main h1")


@scene("learner-pathway", "liang.ziting")
def _pathway(sitting: Sitting) -> None:
    sitting.go("/my/pathways")
    _first(sitting, "/my/pathways/")
    to(sitting, "main h1")


def _shared(sitting: Sitting) -> str:
    """Somebody shares all they have for one opening more than is needed; the code."""
    sitting.go("/my/shares/new")
    sitting.page.fill("#share_make-purpose", "应聘港城装备制造有限公司（演示）")
    sitting.page.check("#share_make-guard-none")
    sitting.send("share_make")
    return sitting.page.locator(".code-big").inner_text().strip()


@scene("learner-share", "song.zhilong")
def _share(sitting: Sitting) -> None:
    _shared(sitting)
    to(sitting, "main h1")


# --- whoever checks -------------------------------------------------------------------------------------------------


@scene("verifier-code", None)
def _verify(sitting: Sitting) -> None:
    sitting.go("/verify")


@scene("verifier-shown", "zhao.mingzhe")
def _verified(sitting: Sitting) -> None:
    """Made by the learner; checked by somebody who is not signed in."""
    code = _shared(sitting)
    sitting.page.context.clear_cookies()
    sitting.go("/verify")
    sitting.page.fill("#code", code)
    sitting.send("verify")
    to(sitting, "main h1")


# --- colleges -------------------------------------------------------------------------------------------------------


@scene("college-console", "vocational.registrar", DESK_SMALL)
def _console(sitting: Sitting) -> None:
    sitting.go("/console")


@scene("college-rows", "vocational.registrar", DESK_SMALL)
def _rows(sitting: Sitting) -> None:
    sitting.go("/console/files")
    sitting.follow(sitting.page.locator("main a", has_text="秦职院2025-2026学年成绩").first)


@scene("college-round", "vocational.registrar", DESK_SMALL)
def _round(sitting: Sitting) -> None:
    sitting.go("/desk/cohorts")
    _first(sitting, "/desk/cohorts/")
    _first(sitting, "/desk/rounds/")


@scene("college-claim", "vocational.reviewer", DESK_SMALL)
def _claim_to_decide(sitting: Sitting) -> None:
    sitting.go("/console/claims")
    _first(sitting, "/console/claims/")


HEADERS = "姓名,学号,科目代码,学年,学期,考试日期,总评\n"
"""As some registrar might write them: two that the bank has not seen."""
ROWS = "演示某,202409901,JS1101,2025-2026,1,2026-01-12,86\n演示某,202409901,JS1102,2025-2026,1,2026-01-13,不及格\n"


@scene("college-mapping", "technician.registrar", DESK_SMALL)
def _mapping(sitting: Sitting) -> None:
    """Only tried: nothing is ever written of it."""
    sitting.go("/console/files/new")
    sitting.page.check("#con_file-dry_run")
    sitting.file("con_file", "期末成绩.csv", HEADERS + ROWS)
    ways_on = sitting.page.locator("main a[href$='/mapping']")
    until = time.monotonic() + 20
    while not ways_on.count() and time.monotonic() < until:
        sitting.page.wait_for_timeout(300)
        sitting.page.reload()
    sitting.follow(ways_on.first)


# --- providers ------------------------------------------------------------------------------------------------------


@scene("provider-file", "enterprise.provider", DESK_SMALL)
def _new_file(sitting: Sitting) -> None:
    sitting.go("/console/files/new")


@scene("provider-record", "enterprise.provider", DESK_SMALL)
def _record(sitting: Sitting) -> None:
    """Of the file that the city itself sent: others may have been sent since."""
    sitting.go("/console/files")
    sitting.follow(sitting.page.locator("main a", has_text="港城装备实习鉴定").last)
    _first(sitting, "/console/records/")


# --- officers -------------------------------------------------------------------------------------------------------


@scene("officer-office", "demo.officer", DESK_SMALL)
def _office(sitting: Sitting) -> None:
    sitting.go("/office")


@scene("officer-held", "demo.officer", DESK_SMALL)
def _held(sitting: Sitting) -> None:
    sitting.go("/office/held-rows")
    _first(sitting, "/office/held-rows/")


@scene("officer-rule", "demo.officer", DESK_SMALL)
def _rule(sitting: Sitting) -> None:
    sitting.go("/office/rules")
    sitting.follow(sitting.page.locator("main a[href*='conversion.trade-demo']").first)


@scene("officer-dashboard", "demo.officer", DESK_SMALL)
def _dashboard(sitting: Sitting) -> None:
    sitting.go("/office/dashboard")


@scene("officer-impact", "demo.officer", DESK_SMALL)
def _impact(sitting: Sitting) -> None:
    sitting.go("/office/drafts?state=published")
    _first(sitting, "/office/drafts/")
    to(sitting, "main h2:has-text('影响')")


def main(arguments: Sequence[str]) -> int:
    """Take them all, or those whose names begin with one of the arguments, at the running demo."""
    from creditbank.config import settings
    from creditbank.demo import DemoFile

    place = settings().data_dir / "demo.json"
    demo = DemoFile.read(place, json.loads(place.read_text("utf-8"))["base_url"])
    opened = screens(demo.base_url, demo.person, set())
    at: Any = next(opened)
    for scenes in sittings():
        wanted = [one for one in scenes if not arguments or one.name.startswith(tuple(arguments))]
        if wanted:
            for path in take(at, wanted, PICTURES):
                print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB")
    opened.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
