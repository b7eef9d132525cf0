"""Where the panel begins."""

from collections.abc import Callable

import pytest
from django.test import Client

from applications.models import User
from tests.cast import Cast
from tests.factories import make_user
from tests.panel.pages import text


def test_a_member_is_led_to_the_account(alice: Client, cast: Cast) -> None:
    assert alice.get("/panel/")["Location"] == f"/panel/{cast.account.pk}/applications/"


@pytest.mark.django_db
def test_who_is_in_no_account_reads_what_to_do(signed_in: Callable[[User], Client]) -> None:
    response = signed_in(make_user("new@marlowe.example")).get("/panel/")
    assert response.status_code == 200
    assert "You are signed in as new@marlowe.example." in text(response)
    assert "Sign out" in text(response)


def test_who_is_not_signed_in_is_asked_to(client: Client) -> None:
    assert client.get("/panel/")["Location"] == "/panel/sign-in/?next=/panel/"
