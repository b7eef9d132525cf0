"""The windows and colours that the panel is looked at in."""

from dataclasses import dataclass
from typing import Literal

import pytest


@dataclass(frozen=True)
class Look:
    """A window, in CSS pixels, and the colour scheme that the person prefers."""

    width: int
    height: int
    colors: Literal["light", "dark"]

    @property
    def narrow(self) -> bool:
        """Whether this is a telephone."""
        return self.width < 600

    def __str__(self) -> str:
        return f"{self.width}-{self.colors}"


SIZES = [(1440, 900), (390, 844)]
LOOKS = [Look(width, height, colors) for width, height in SIZES for colors in ("light", "dark")]

in_every_look = pytest.mark.parametrize("look", LOOKS, ids=str)
