"""Somebody of the city at a screen: pages opened, forms sent, a picture kept, and the page looked over for barriers."""

from __future__ import annotations

import os
import re
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from creditbank import clock
from creditbank.portal.answering import LANGUAGE_COOKIE

PICTURES = Path(os.environ.get("CREDITBANK_PICTURES", "var/pictures"))
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1200, "height": 900}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""Rules of axe for WCAG 2.2 at level AA."""
LOOK = """async options => {
    const found = (await axe.run(options)).violations
    const said = found.flatMap(({id, nodes}) => nodes.slice(0, 3).map(
        ({target, failureSummary}) => `${id}: ${target} ${failureSummary || ""}`
    ))
    return {styled: document.styleSheets.length > 0, said}
}"""
SCRIPTS = re.compile(r"<script\b.*?</script>", re.DOTALL)
NOT_LOADED = (
    "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding", "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled",
    "PreconnectToSearch", "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
)  # fmt: skip
"""Features of Chromium: those that Playwright switches off (the last such switch is the one that holds), and the pages
that it loads behind the address bar of each new window, which nobody sees and which cost as much as one of ours."""
STILL_IN = timedelta(minutes=5)
"""How long somebody who was signed in is so still: the session of a page lives longer."""


class Glass:
    """A second screen, with the script that looks for barriers: it stays open, and the pages of others are written into
    it as they stand, one after another. `seen` are the addresses of those in which there is none."""

    def __init__(self, browser: Any, base: str, seen: set[str]) -> None:
        from axe_playwright_python.base import AXE_SCRIPT

        self.seen = seen
        self.page = browser.new_context(bypass_csp=True).new_page()
        self.page.goto(f"{base}/sign-in")  # a page of the bank, so that its stylesheet is found from here
        self.page.evaluate(AXE_SCRIPT)

    def barriers(self, text: str, size: Mapping[str, int], *, js: bool) -> list[str]:
        """What axe finds on a page, against WCAG 2.2 AA: the rule, and where.

        A page's own scripts have done what they do before it is given here. Whoever has none sees what is said instead.
        """
        self.page.set_viewport_size(size)
        self.page.set_content(SCRIPTS.sub("", text if js else text.replace("noscript>", "div>")))
        options = {"runOnly": {"type": "tag", "values": list(WCAG)}, "resultTypes": ["violations"]}
        found = self.page.evaluate(LOOK, options)
        assert found["styled"], "a page is looked at as it is shown"
        said: list[str] = found["said"]
        return said


class Sitting:
    """Somebody at a screen; `folder` is where their pictures go, `glass` a second screen to look for barriers with."""

    def __init__(self, page: Any, base: str, folder: str, glass: Glass, *, js: bool) -> None:
        self.page, self.base, self.folder, self.glass, self.js = page, base, folder, glass, js
        self.inside = page.context.new_cdp_session(page)
        self.shown = ""
        page.on("response", self._came)

    def _came(self, answer: Any) -> None:
        """Keep the address of the page that was asked for and is there, as no refusal and no answer to a form is."""
        if answer.request.is_navigation_request():
            there = answer.request.method == "GET" and answer.status == 200
            self.shown = urlsplit(answer.url).path if there else ""

    def go(self, path: str) -> None:
        """Open a page of the bank."""
        self.page.goto(self.base + path)

    def sign_in(self, login: str, password: str) -> None:
        """By the form."""
        self.go("/sign-in")
        self.page.fill("#login_name", login)
        self.page.fill("#password", password)
        self.follow(self.page.locator("form.fields button[type=submit]"))

    def follow(self, way: Any) -> None:
        """Press a link or a button that leads on, and wait until the page it leads to is whole."""
        with self.page.expect_navigation():
            way.click()

    def text(self) -> str:
        """The page as it stands, whole: one that is just changing by itself has none, and is asked again."""
        from playwright.sync_api import Error

        for _ in range(100):
            self.page.wait_for_load_state()
            try:
                return str(self.page.content())
            except Error as on_its_way:
                if "is navigating" not in str(on_its_way):
                    raise
            self.page.wait_for_timeout(100)
        raise AssertionError("the page never came to rest")

    def picture(self, name: str) -> None:
        """Keep a picture of the whole page, which is no wider than the screen, and find no barrier in it."""
        folder = PICTURES / self.folder
        folder.mkdir(parents=True, exist_ok=True)
        # Of the browser itself: the driver's own picture of a page takes twice as long.
        taken = self.inside.send("Page.captureScreenshot", {"captureBeyondViewport": True, "optimizeForSpeed": True})
        (folder / f"{name}.png").write_bytes(b64decode(taken["data"]))
        self.looked_over(name)

    def looked_over(self, name: str) -> None:
        """The page is no wider than the screen, and there is no barrier in it; its address is kept."""
        layout = self.inside.send("Page.getLayoutMetrics")
        assert layout["cssContentSize"]["width"] <= self.page.viewport_size["width"], name
        assert not (found := self.glass.barriers(self.text(), self.page.viewport_size, js=self.js)), f"{name}: {found}"
        if self.shown == urlsplit(self.page.url).path:
            self.glass.seen.add(self.shown)

    def form(self, form: str) -> Any:
        """A form of an act, its fold opened."""
        found = self.page.locator(f"form#{form}")
        fold = self.page.locator("details.doing", has=self.page.locator(f"form#{form}"))
        if fold.count() and fold.get_attribute("open") is None:
            fold.locator("> summary").click()
        return found

    def send(self, form: str) -> None:
        """Press the button of a form."""
        self.follow(self.page.locator(f"form#{form} button[type=submit]"))

    def until_read(self, *, js: bool = True) -> None:
        """Until a file that was sent is at rest: the page looks again by itself, or whoever reads it does.

        Waits for the end of a page, so that it is not left again while it is still on its way.
        """
        if js:
            self.page.locator("body:not(:has(#progress)) > footer.foot").wait_for(timeout=60_000)
            self.page.wait_for_load_state()
            return
        for _ in range(120):
            if not self.page.locator("#progress").count():
                return
            self.page.wait_for_timeout(250)
            self.page.reload()
        raise AssertionError("the file never came to rest")

    def file(self, form: str, name: str, content: str | bytes) -> None:
        """A file chosen and sent."""
        body = content.encode() if isinstance(content, str) else content
        self.form(form).locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": body}
        )
        self.send(form)


At = Callable[..., AbstractContextManager[Sitting]]


def screens(base: str, person: Callable[[str], Mapping[str, Any] | None], seen: set[str]) -> Iterator[At]:
    """Opens a screen for somebody who is signed in, or for nobody: `at("zhang.san", PHONE, language="en", js=True)`.

    They sign in by the form, and sit down again without doing so while that session lives. The addresses of pages that
    were looked over are added to those `seen`.
    """
    from playwright.sync_api import sync_playwright

    signed_in: dict[str, tuple[datetime, list[Any]]] = {}
    with sync_playwright() as playwright:
        switches = ["--no-sandbox", f"--disable-features={','.join(NOT_LOADED)}"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=switches)
        glass = Glass(browser, base, seen)

        @contextmanager
        def at(
            login: str | None,
            size: Mapping[str, int] = DESK,
            *,
            language: str = "zh",
            js: bool = False,
            folder: str = "pages",
        ) -> Iterator[Sitting]:
            locale = "zh-CN" if language == "zh" else "en-GB"
            context = browser.new_context(viewport=dict(size), locale=locale, java_script_enabled=js)
            context.set_default_timeout(20_000)
            if language == "en":
                context.add_cookies([{"name": LANGUAGE_COOKIE, "value": language, "url": base}])
            sitting = Sitting(context.new_page(), base, folder, glass, js=js)
            if login is not None:
                then, cookies = signed_in.get(login, (None, []))
                if then is not None and timedelta() <= clock.now() - then < STILL_IN:
                    context.add_cookies(cookies)
                else:
                    entry = person(login)
                    assert entry is not None, login
                    sitting.sign_in(entry["login"], entry["password"])
                    kept = [each for each in context.cookies() if each["name"] != LANGUAGE_COOKIE]
                    signed_in[login] = clock.now(), kept
            yield sitting
            context.close()

        yield at
        browser.close()
