"""Somebody of the city at a screen: pages opened, forms sent, a picture kept, and the page looked over for barriers."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

PICTURES = Path(os.environ.get("CREDITBANK_PICTURES", "var/pictures"))
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1200, "height": 900}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""Rules of axe for WCAG 2.2 at level AA."""


class Sitting:
    """Somebody at a screen; `folder` is where their pictures go, `glass` a second screen to look for barriers with."""

    def __init__(self, page: Any, base: str, folder: str, glass: Any) -> None:
        self.page, self.base, self.folder, self.glass = page, base, folder, glass

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
        self.page.screenshot(path=folder / f"{name}.png", full_page=True)
        layout = self.page.context.new_cdp_session(self.page).send("Page.getLayoutMetrics")
        assert layout["cssContentSize"]["width"] <= self.page.viewport_size["width"], name
        assert not (found := barriers(self)), f"{name}: {found}"

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


def barriers(sitting: Sitting) -> list[str]:
    """What axe finds on the page that is open, against WCAG 2.2 AA: the rule, and where.

    It is a script: the page as it stands is given to the second screen, made as large, which runs scripts.
    """
    from axe_playwright_python.sync_playwright import Axe

    page, glass, text = sitting.page, sitting.glass, sitting.text()
    glass.set_viewport_size(page.viewport_size)
    glass.route(page.url, lambda route: route.fulfill(body=text, content_type="text/html; charset=utf-8"))
    glass.goto(page.url)
    glass.unroute(page.url)
    options = {"runOnly": {"type": "tag", "values": list(WCAG)}, "resultTypes": ["violations"]}
    found = Axe().run(glass, options=options)
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found.response["violations"]
        for node in each["nodes"][:3]
    ]


At = Callable[..., AbstractContextManager[Sitting]]


def screens(base: str, person: Callable[[str], Mapping[str, Any] | None]) -> Iterator[At]:
    """Opens a screen for somebody who is signed in, or for nobody: `at("zhang.san", PHONE, language="en", js=True)`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        glass = browser.new_context(bypass_csp=True).new_page()

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
            sitting = Sitting(context.new_page(), base, folder, glass)
            if language == "en":
                sitting.go("/?lang=en")
            if login is not None:
                entry = person(login)
                assert entry is not None, login
                sitting.sign_in(entry["login"], entry["password"])
            yield sitting
            context.close()

        yield at
        browser.close()
