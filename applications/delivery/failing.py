"""From what libraries raise to the failures that the log of deliveries knows."""

from collections.abc import Iterator
from contextlib import contextmanager

from applications.rules.send_failures import Failure


class Failed(Exception):
    """The request brought no whole answer, for this reason."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


@contextmanager
def failing(failure: Failure, *kinds: type[Exception]) -> Iterator[None]:
    """Turn exceptions of these kinds into this failure; that the time is over is always one of its own."""
    try:
        yield
    except TimeoutError as error:
        raise Failed(Failure.TIMEOUT) from error
    except kinds as error:
        raise Failed(failure) from error
