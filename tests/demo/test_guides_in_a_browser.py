"""The pictures of the guides are scenes that anybody can repeat in the city, and small enough for a phone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.demo.browsing import PICTURES, At
from tests.demo.guide_pictures import LARGEST, Scene, sittings, take


@pytest.mark.parametrize("scenes", list(sittings()), ids=lambda scenes: scenes[0].name)
def test_the_scenes_of_the_guides_are_there(at: At, scenes: Sequence[Scene]) -> None:
    for path in take(at, scenes, PICTURES / "guides"):
        assert 5_000 < path.stat().st_size <= LARGEST, path
