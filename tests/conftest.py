"""What every test may ask for."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from applications.operations import usage
from tests.servers import Served


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason in the report, what only PostgreSQL can pass or fail."""
    if settings.POSTGRESQL:
        return
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: ./run test starts one"))


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The product served by real processes on a free port, with a database of its own."""
    server = Served(tmp_path_factory.mktemp("served"))
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    """Let no test find in memory what another one's requests were counted for."""
    yield
    usage.recorder.take()
