"""A form that is refused for its CSRF token: what was typed is kept, and nobody else's form is offered."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from applications.models import User
from tests.cast import Cast
from tests.factories import PASSWORD
from tests.panel.pages import text

HERE = {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
TYPED = {"name": "Ночные отчёты <b>", "lifetime": "1 week", "scopes": ["sms", "groups"]}


@pytest.fixture
def strict() -> Callable[[User], Client]:
    """`strict(user)`: a client that checks tokens as a browser's requests are checked."""

    def make(user: User) -> Client:
        client = Client(enforce_csrf_checks=True)
        client.force_login(user)
        return client

    return make


def path(cast: Cast) -> str:
    return reverse("panel:application_new", args=[cast.account.pk])


def inputs(page: str) -> list[tuple[str, str]]:
    form = re.search(r'<form class="row" method="post" action="([^"]+)">(.*?)</form>', page, re.DOTALL)
    return re.findall(r'name="([^"]+)" value="([^"]*)"', form[2]) if form else []


def test_what_was_typed_can_be_sent_again_with_a_fresh_token(
    strict: Callable[[User], Client], cast: Cast
) -> None:
    client = strict(cast.alice)
    answer = client.post(path(cast), {**TYPED, "csrfmiddlewaretoken": "old"}, headers=HERE)
    assert answer.status_code == 403
    assert "no-store" in answer["Cache-Control"]
    page = text(answer)
    assert 'id="sidebar"' in page
    assert "Nothing was changed" in page
    assert f"You are signed in as {cast.alice.email}" in page
    form = inputs(answer.content.decode())
    sent: dict[str, Any] = {}
    for name, value in form:
        sent.setdefault(name, []).append(value.replace("&lt;", "<").replace("&gt;", ">"))
    assert {**sent, "csrfmiddlewaretoken": ""} == {
        "csrfmiddlewaretoken": "",
        "name": [TYPED["name"]],
        "lifetime": ["1 week"],
        "scopes": ["sms", "groups"],
    }
    client.post("/panel/sign-in/", {"login": cast.alice.email, "password": PASSWORD})
    again = client.post(path(cast), sent, headers=HERE)
    assert again.status_code in (200, 302), "the token is good: the form is taken, or the password asked for"
    assert "This form was not sent" not in text(again)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://testserver.evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Referer": "https://evil.example/http://testserver/"},
        {"Origin": "http://testserver", "Referer": "http://evil.example/"},
        {"Sec-Fetch-Site": "none"},
    ],
    ids=str,
)
def test_what_another_site_sends_is_neither_shown_nor_offered(
    headers: dict[str, str], strict: Callable[[User], Client], cast: Cast
) -> None:
    """Else its visitor could be led to press one button under values that a stranger chose."""
    answer = strict(cast.alice).post(path(cast), TYPED, headers=headers)
    assert answer.status_code == 403
    assert "did not come from a page of this panel" in text(answer)
    assert inputs(answer.content.decode()) == []
    assert "Ночные" not in text(answer)


def test_signed_out_it_is_a_plain_page_without_a_form(cast: Cast) -> None:
    answer = Client(enforce_csrf_checks=True).post(path(cast), TYPED, headers=HERE)
    page = text(answer)
    assert answer.status_code == 403
    assert "<form" not in page
    assert 'id="sidebar"' not in page
    assert 'href="/panel/sign-in/' in page
    assert "Ночные отчёты" in page


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("/panel/you/sessions/", "?next=%2Fpanel%2Fyou%2Fsessions%2F"),
        ("//evil.example/", ""),
        ("/panel/sign-in/", ""),
    ],
)
def test_signing_in_that_is_refused_keeps_where_it_leads(wanted: str, kept: str, db: None) -> None:
    sent = {"login": "alice@marlowe.example", "password": PASSWORD, "next": wanted}
    page = text(Client(enforce_csrf_checks=True).post("/panel/sign-in/", sent, headers=HERE))
    assert f'href="/panel/sign-in/{kept}"' in page
    assert PASSWORD not in page


def test_signed_out_the_page_of_the_form_is_gone_on_to(cast: Cast) -> None:
    headers = {**HERE, "Referer": f"http://testserver{path(cast)}"}
    page = text(Client(enforce_csrf_checks=True).post(path(cast), TYPED, headers=headers))
    assert f"?next={path(cast).replace('/', '%2F')}" in page


@pytest.mark.parametrize(
    "name",
    ["password", "password1", "oldpassword", "client_secret", "code", "credential", "token", "api-key"],
)
def test_what_proves_who_somebody_is_is_never_written_again(
    name: str, strict: Callable[[User], Client], cast: Cast
) -> None:
    sent = {name: "a long and dull secret", "email": "kept@marlowe.example"}
    answer = strict(cast.alice).post("/panel/you/password/", sent, headers=HERE)
    page = text(answer)
    assert answer.status_code == 403
    assert "a long and dull secret" not in page
    assert "kept@marlowe.example" in page
    assert "Passwords, codes and files are not kept" in page
    assert inputs(answer.content.decode()) == [], "without them it would be refused again"


@pytest.mark.parametrize("name", ["pin_length", "country_code_list", "keyword", "submission"])
def test_other_fields_are_kept(name: str, strict: Callable[[User], Client], cast: Cast) -> None:
    answer = strict(cast.alice).post(path(cast), {name: "kept"}, headers=HERE)
    assert (name, "kept") in inputs(answer.content.decode())


def test_behind_a_proxy_the_public_address_counts(
    strict: Callable[[User], Client], cast: Cast, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://panel.example"
    answer = strict(cast.alice).post(
        path(cast),
        TYPED,
        headers={"Referer": "https://panel.example/panel/", "Sec-Fetch-Site": "same-origin"},
    )
    assert ("name", "Ночные отчёты &lt;b&gt;") in inputs(answer.content.decode())


def test_the_operators_forms_are_not_offered(strict: Callable[[User], Client], cast: Cast) -> None:
    answer = strict(cast.alice).post("/operator/login/", {"username": "someone"}, headers=HERE)
    assert answer.status_code == 403
    assert "someone" not in text(answer)
