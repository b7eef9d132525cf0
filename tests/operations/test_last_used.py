"""When something was last used is written once a minute: not more often, and not more seldom."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from applications.models import AccessToken, APIKey, Application, ApplicationSecret, ResourceServer
from applications.models.statements.api_keys import find_api_key
from applications.models.statements.tokens import find_token
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.operations.last_used import (
    record_api_key_use,
    record_secret_use,
    record_server_use,
    record_token_use,
)
from applications.operations.resource_servers import create_resource_server
from applications.rules.credentials import digest, new_credential, token_key
from applications.rules.names import Name
from applications.rules.networks import parse_address
from tests.factories import make_account, make_application, make_token

pytestmark = pytest.mark.django_db
HERE = parse_address("192.0.2.1")
FIRST = datetime.now(UTC)
SOON, LATER = FIRST + timedelta(seconds=59), FIRST + timedelta(seconds=61)

type Use = Callable[[datetime], None]


def token_used() -> Use:
    value = new_credential()
    make_token(make_application(make_account())[0], value)

    def use(moment: datetime) -> None:
        found = find_token(token_key(value), moment)
        assert found
        record_token_use(found, HERE, moment)

    return use


def key_used() -> Use:
    _key, value = create_api_key(account=make_account(), name=Name("Cron"), scopes=None, actor=OPERATOR)

    def use(moment: datetime) -> None:
        found = find_api_key(digest(value), moment)
        assert found
        record_api_key_use(found, HERE, moment)

    return use


def secret_used() -> Use:
    application, secret = make_application(make_account())
    return lambda moment: record_secret_use(application.pk, digest(secret), HERE, moment)


def server_used() -> Use:
    server, secret = create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    return lambda moment: record_server_use(server.pk, digest(secret), HERE, moment)


@pytest.mark.parametrize(
    ("used", "rows"),
    [
        (token_used, [AccessToken, Application]),
        (key_used, [APIKey]),
        (secret_used, [Application, ApplicationSecret]),
        (server_used, [ResourceServer]),
    ],
)
def test_it_is_written_once_a_minute(
    used: Callable[[], Use], rows: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    use = used()
    for moment, written in ((FIRST, FIRST), (SOON, FIRST), (LATER, LATER)):
        with monkeypatch.context() as clock:
            clock.setattr("time.monotonic", moment.timestamp)
            use(moment)
        assert [row.objects.get().last_used_at for row in rows] == [written] * len(rows)
