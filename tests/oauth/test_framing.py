"""A request that two servers in a row may read differently is refused by both edges, and so is another's Host."""

from typing import Any

import pytest
from django.test import Client

from tests.oauth.conftest import FORM

BOTH = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": "29"}


@pytest.mark.parametrize("path", ["/oauth/token", "/applications"])
@pytest.mark.parametrize("odd", [BOTH, {"HTTP_HOST": "elsewhere.example"}], ids=["two lengths", "host"])
def test_it_is_refused(path: str, odd: dict[str, Any], client: Client, db: None) -> None:
    refused = client.generic("POST", path, "grant_type=client_credentials", FORM, **odd)
    assert refused.status_code == 400
    assert client.generic("POST", path, "grant_type=client_credentials", FORM).status_code == 401


@pytest.mark.django_db
def test_a_host_that_was_good_is_refused_once_it_is_not_allowed_any_more(
    client: Client, settings: Any
) -> None:
    for allowed, status in ((["a.example"], 401), (["b.example"], 400), (["a.example"], 401)):
        settings.ALLOWED_HOSTS = allowed
        for _time in range(2):
            answer = client.get("/oauth/verify?scope=sms", headers={"Host": "a.example"})
            assert answer.status_code == status
