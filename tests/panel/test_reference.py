"""API reference: everything that the description has, with examples that can be pasted."""

import json
import re
from html import unescape

from django.test import Client
from django.urls import reverse
from django.utils.html import escape, strip_tags
from pytest_django import Settings

from applications.oauth import token
from applications.panel.oauth_errors import OAUTH_ERRORS
from tests.cast import Cast
from tests.factories import make_account


def page_of(client: Client, account_id: int) -> str:
    response = client.get(reverse("panel:api_reference", args=[account_id]))
    assert response.status_code == 200
    return response.content.decode()


def test_every_operation_is_on_the_page_once(alice: Client, cast: Cast) -> None:
    html = unescape(page_of(alice, cast.account.pk))
    document = json.loads(Client().get("/openapi.json").content)
    for path, item in document["paths"].items():
        assert path in html
        for method in set(item) - {"parameters"}:
            assert html.count(f'id="{item[method]["operationId"]}"') == 1
            assert item[method]["summary"] in html
    for response in document["components"]["responses"].values():
        assert response["description"] in html


def test_the_examples_have_the_newest_application_in_them(alice: Client, cast: Cast) -> None:
    html = page_of(alice, cast.account.pk)
    assert f"http://localhost:8000/applications/{cast.application.application_id}/secret" in html
    assert cast.his.application_id not in html


def test_without_an_application_there_is_an_example(cast: Cast) -> None:
    empty = make_account("Empty", "eve@empty.example", "Eve")
    client = Client()
    client.force_login(empty.members.get())
    assert re.search(r"/applications/[0-9a-f]{40}/secret", page_of(client, empty.pk))


def test_addresses_are_the_configured_ones(alice: Client, cast: Cast, settings: Settings) -> None:
    settings.PUBLIC_URL = settings.ISSUER = "https://latchkey.example"
    html = page_of(alice, cast.account.pk)
    assert "https://latchkey.example/oauth/token" in html
    assert "http://localhost:8000" not in html


def test_a_viewer_reads_it_and_a_stranger_does_not(bob: Client, charlie: Client, cast: Cast) -> None:
    page_of(bob, cast.account.pk)
    assert charlie.get(reverse("panel:api_reference", args=[cast.account.pk])).status_code == 404


def test_the_menu_leads_there(alice: Client, cast: Cast) -> None:
    html = alice.get(reverse("panel:applications", args=[cast.account.pk])).content.decode()
    assert reverse("panel:api_reference", args=[cast.account.pk]) in html


def described_refusals() -> set[tuple[str, str]]:
    """Status and error of everything that the description says /oauth/ may refuse."""
    document = json.loads(Client().get("/openapi.json").content)
    answers = (
        (status, answer["content"]["application/json"]["example"]["error"])
        for path, item in document["paths"].items()
        if path.startswith("/oauth/")
        for method in item.values()
        for status, answer in method["responses"].items()
        if int(status) >= 400
    )
    return set(answers)


def test_it_says_what_to_do_about_each_oauth_error(alice: Client, cast: Cast) -> None:
    explained = {(status, error) for statuses, error, _ in OAUTH_ERRORS for status in statuses.split(", ")}
    # The description has one error a status; 400 has three, and 401 another at /oauth/verify.
    others = {("400", "invalid_scope"), ("400", "unsupported_grant_type"), ("401", "invalid_token")}
    assert described_refusals() | others <= explained
    page = page_of(alice, cast.account.pk)
    for _statuses, error, words in OAUTH_ERRORS:
        assert f"<code>{error}</code><small>{escape(words)}</small>" in page


def test_it_says_how_long_a_token_works_and_what_to_do_with_a_key_and_a_429(
    alice: Client, cast: Cast
) -> None:
    page = page_of(alice, cast.account.pk)
    for word in ("expires_in", "86400", "604800", str(token.NEVER), "Retry-After"):
        assert f"<code>{word}</code>" in page
    assert '--header "X-API-KEY: $LATCHKEY_API_KEY"' in unescape(strip_tags(page))
    assert "never in code" in page
