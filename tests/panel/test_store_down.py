"""The database does not answer: every page is a 503 that says so, also where a middleware meets it first."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from applications.models import User
from tests.cast import Cast
from tests.panel.pages import text

PAGES = [
    "/panel/",
    "/panel/sign-in/",
    "/panel/you/",
    "/panel/1/applications/",
    "/operator/",
    "/operator/login/",
]


@pytest.fixture(params=[OperationalError, InterfaceError])
def down(request: pytest.FixtureRequest, cast: Cast) -> Iterator[Client]:
    """A client of Alice, and a database that refuses every statement from now on."""
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(pk=cast.alice.pk))

    def refuse(*_statement: Any) -> None:
        raise request.param("connection refused")

    with connection.execute_wrapper(refuse):
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_a_503_that_says_when_to_come_again(down: Client, path: str) -> None:
    answer = down.get(path)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "cannot reach its database" in text(answer)


def test_a_form_is_a_503_too(down: Client) -> None:
    assert down.post("/panel/sign-in/", {"login": "a@b.example", "password": "x"}).status_code == 503


def test_another_error_stays_a_500(alice: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: Any) -> None:
        raise RuntimeError("a fault of ours")

    alice.raise_request_exception = False
    monkeypatch.setattr("applications.panel.views.home.redirect", fail)
    answer = alice.get("/panel/")
    assert answer.status_code == 500
    assert "Something failed here" in text(answer)
