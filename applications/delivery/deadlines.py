"""How long all parts of one request may take together."""

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment, `seconds` after it is made, by the clock that nobody sets."""

    seconds: float
    began: float = field(default_factory=time.monotonic)

    def remaining(self) -> float:
        """Return the seconds that are left. Raises TimeoutError when there are none."""
        left = self.began + self.seconds - time.monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left

    def milliseconds(self) -> int:
        """Return how long it has been since the beginning."""
        return round((time.monotonic() - self.began) * 1000)
