"""API reference: everything that the description has, with examples that can be pasted."""

import json
import re
from html import unescape

from django.test import Client
from django.urls import reverse
from pytest_django import Settings

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
