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


LOOKS = [Look(1440, 900, "light"), Look(390, 844, "light")]

# A walk in each window. The colours need no walk of their own: `axe` looks at each page in both.
in_every_look = pytest.mark.parametrize("look", LOOKS, ids=str)
