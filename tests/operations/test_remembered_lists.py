"""What a process remembers of a client's allowed IPs lets nobody in from elsewhere."""

import pytest
from django.test import Client

from tests.factories import make_account, make_application
from tests.oauth.conftest import basic
from tests.oauth.edge import post, restrict


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/introspect"])
def test_an_address_outside_is_refused_after_one_inside(path: str, client: Client, db: None) -> None:
    application, secret = make_application(make_account())
    restrict(application, "|198.51.100.0/24")
    authorization = basic(application.application_id, secret)

    def ask(address: str) -> int:
        form = {"grant_type": "client_credentials", "token": "0" * 40}
        return post(client, path, authorization, address, **form).status_code

    assert [ask(address) for address in ("198.51.100.7", "203.0.113.9", "198.51.100.7")] == [200, 401, 200]
