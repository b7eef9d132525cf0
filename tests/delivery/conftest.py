"""A server that may call this machine, and others' machines to call."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from applications.delivery import sender, wire
from tests.delivery.certificates import Authority, make_authority
from tests.delivery.receivers import NameServer, name_server


@pytest.fixture
def development(settings: Settings) -> None:
    """This machine may be called, over http too."""
    settings.CALLBACK_INSECURE = True


@pytest.fixture
def names(settings: Settings) -> Iterator[NameServer]:
    """The one name server that is asked."""
    with name_server() as made:
        settings.CALLBACK_NAMESERVERS = [f"127.0.0.1:{made.port}"]
        yield made


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority; `trusted` makes this machine trust it."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    """The same, and its certificates are good here."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    wire.tls.cache_clear()
    yield authority
    wire.tls.cache_clear()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> float:
    """So many seconds for everything, instead of 10."""
    monkeypatch.setattr(sender, "SECONDS", 0.4)
    return 0.4
