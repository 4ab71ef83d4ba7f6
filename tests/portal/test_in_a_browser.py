"""The pages in a real browser, on a phone and at a desk, with JavaScript switched off."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from creditbank import clock
from tests.portal.place import PASSWORD, Portal, certificate, opened_portal, training
from tests.records.town import Town, course_row

browsers = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no system Chromium")


@asynccontextmanager
async def served(portal: Portal, port: int) -> AsyncIterator[None]:
    """The bank on a port of this machine."""
    server = uvicorn.Server(uvicorn.Config(portal.bank.app, host="127.0.0.1", port=port, log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield
    server.should_exit = True
    await serving


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def no_wider_than_the_screen(page: Any) -> None:
    layout = await (await page.context.new_cdp_session(page)).send("Page.getLayoutMetrics")
    assert layout["cssContentSize"]["width"] <= page.viewport_size["width"], page.url


@pytest.mark.parametrize("width", [390, 1200])
async def test_a_learner_signs_in_follows_a_credit_to_its_row_and_signs_out(
    town: Town, addresses: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    port = free_port()
    here = f"http://127.0.0.1:{port}"
    real = clock.now
    async with opened_portal(town, addresses, tmp_path / "keys", monkeypatch, base_url=here) as portal:
        monkeypatch.setattr(clock, "now", real)
        await portal.learner()
        await town.post(
            course_row(), training(title="工业机器人系统操作与运维" * 8), course_row(course_code="C102", score="4")
        )
        await town.post(certificate(number="X2" * 20), by=town.body)
        async with served(portal, port), browsers.async_playwright() as playwright:
            chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            context = await chromium.new_context(viewport={"width": width, "height": 844}, java_script_enabled=False)
            page = await context.new_page()
            refused: list[str] = []
            page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
            await page.goto(f"{here}/")
            await page.click("main a.button")
            await page.fill("#login_name", "yan.shi")
            await page.fill("#password", PASSWORD)
            await page.click("main button")
            assert page.url == f"{here}/my"
            await no_wider_than_the_screen(page)
            await page.click("text=查看完整学习档案")
            assert page.url == f"{here}/my/transcript"
            await no_wider_than_the_screen(page)
            assert await page.locator(".totals").inner_text()
            await page.click("text=机械制图")
            await no_wider_than_the_screen(page)
            assert "C101" in await page.locator(".version").inner_text()
            await page.click("summary >> nth=0")
            await page.click("text=返回学习档案")
            await page.fill("#as_of", "2024-01-01")
            await page.click("main button")
            assert "还没有存入的学分。" in await page.locator("main").inner_text()
            await page.click("text=English")
            assert await page.locator("h1").inner_text() == "Transcript"
            await page.click("text=Sign out")
            assert page.url == f"{here}/"
            await page.goto(f"{here}/my/transcript")
            assert page.url.startswith(f"{here}/sign-in")
            # The policy stops nothing of ours: not the stylesheet, not the picture, not a form.
            assert refused == []
            await chromium.close()
