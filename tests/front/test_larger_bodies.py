"""Events may have a megabyte, all else 64 KB: the front stops reading at the limit of the path."""

import asyncio
from typing import Any

import pytest
from django.core.exceptions import RequestDataTooBig

from config import bodies

KB = 1024


def read(path: str, size: int, *, chunked: bool) -> int:
    """Read a body of this size in pieces of 100 KB; return how much arrived."""
    environ: dict[str, Any] = {"PATH_INFO": path}
    environ |= {"HTTP_TRANSFER_ENCODING": "chunked"} if chunked else {"CONTENT_LENGTH": str(size)}
    left = [size]

    async def receive() -> dict[str, Any]:
        piece = min(left[0], 100 * KB)
        left[0] -= piece
        return {"type": "http.request", "body": b"x" * piece, "more_body": left[0] > 0}

    return len(asyncio.run(bodies.read(environ, receive)))


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize(
    ("path", "most"), [("/events", 1024 * KB), ("/events/", 64 * KB), ("/account", 64 * KB)]
)
def test_each_path_has_its_limit(path: str, most: int, chunked: bool) -> None:
    assert read(path, most, chunked=chunked) == most
    with pytest.raises(RequestDataTooBig):
        read(path, most + 1, chunked=chunked)
    assert bodies.too_large(path) == f"The body is over {'1 MB' if most > 64 * KB else '64 KB'}."
