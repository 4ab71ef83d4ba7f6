"""The small city that the demo opens: invented people, real rules, everything loaded through the published client."""

from __future__ import annotations

from functools import partial

from creditbank.config import Settings
from creditbank.demo.bootstrap import Bootstrap
from creditbank.demo.days import begin
from creditbank.demo.demofile import DemoFile
from creditbank.demo.loading import load
from creditbank.demo.look_at import words

__all__ = ["Bootstrap", "DemoFile", "begin", "load", "load_city"]


def load_city(settings: Settings, database_url: str) -> DemoFile:
    """Open the city in the bank that these settings serve, and print what to look at. Call it from a thread."""
    say = partial(print, flush=True)
    file = load(settings.base_url, Bootstrap(settings, database_url), say=say)
    say(words(file))
    return file
