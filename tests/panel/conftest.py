"""What the cast has, and a browser's client for each of them (no real browser: see tests/browser)."""

from collections.abc import Callable

import pytest
from django.test import Client

from applications.models import Account, Application, User
from tests.cast import Cast


@pytest.fixture
def account(cast: Cast) -> Account:
    """The account that Alice owns."""
    return cast.account


@pytest.fixture
def application(cast: Cast) -> Application:
    """An application of Alice's account, "Order notifications" with the scopes sms and groups."""
    return cast.application


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """`signed_in(user)`: a client that has a session of this user."""
    return sign_in


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def alice(cast: Cast) -> Client:
    """Alice's client; she is the owner."""
    return sign_in(cast.alice)


@pytest.fixture
def ada(cast: Cast) -> Client:
    """Ada's client; she is an admin."""
    return sign_in(cast.ada)


@pytest.fixture
def bob(cast: Cast) -> Client:
    """Bob's client; he is a viewer."""
    return sign_in(cast.bob)


@pytest.fixture
def charlie(cast: Cast) -> Client:
    """Charlie's client; he is a stranger to Alice's account."""
    return sign_in(cast.charlie)
