"""Events may have a megabyte, all else 64 KB: the front stops reading at the limit of the path."""

import asyncio
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig

from config import bodies
from config.exchanges import Exchange

KB = 1024


class Line:
    """A connection of which more is read than is there."""

    def read_on(self, *, reads: bool) -> None:
        """Take more from the client, or no more for now."""


def read(path: str, size: int, *, chunked: bool, at_once: bool) -> int:
    """Read a body of this size, which comes together with its head or in pieces of 100 KB; return how much arrived."""
    environ: dict[str, Any] = {"PATH_INFO": path}
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked"} if chunked else {"CONTENT_LENGTH": str(size)}
    exchange = Exchange(Line(), environ, keeps=True)  # type: ignore[arg-type]  # as much of one as is needed
    pieces = [size] if at_once else [min(100 * KB, size - start) for start in range(0, size, 100 * KB)]

    async def come() -> None:
        for piece in pieces:
            exchange.add(b"x" * piece)
            await asyncio.sleep(0)
        exchange.end()

    async def both() -> bytes:
        coming = asyncio.ensure_future(come())
        if at_once:
            await coming
        return await bodies.read(exchange)

    return len(asyncio.run(both()))


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize(
    ("path", "most"), [("/events", 1024 * KB), ("/events/", 64 * KB), ("/account", 64 * KB)]
)
def test_each_path_has_its_limit(path: str, most: int, chunked: bool, at_once: bool) -> None:
    assert read(path, most, chunked=chunked, at_once=at_once) == most
    with pytest.raises(RequestDataTooBig):
        read(path, most + 1, chunked=chunked, at_once=at_once)
    assert bodies.too_large(path) == f"The body is over {'1 MB' if most > 64 * KB else '64 KB'}."
