"""A session whose password was given long ago makes no credentials and opens nothing: it is asked for once more.

What was typed is kept until then, and is done then.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

from applications.models import AllowedIP, Application
from applications.operations.actors import OPERATOR
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.rules.networks import NetworkText
from tests.cast import Cast
from tests.factories import PASSWORD
from tests.panel.addresses import of
from tests.panel.pages import text

CONFIRM = reverse("account_reauthenticate")
NEW = {"name": "Billing", "lifetime": "1 week", "scopes": ["reports", "sms"]}
KEY = {"name": "CRM", "reach": "chosen", "scopes": ["sms"]}
LINE = {"network": "198.51.100.0/24", "note": "Shop"}


@dataclass(frozen=True)
class Act:
    """What is posted where, and what is there once it was done."""

    path: str
    sent: dict[str, Any]
    done: Callable[[], bool]


def settings_form(application: Application, *scopes: str) -> dict[str, Any]:
    sent = {"name": application.name, "lifetime": application.lifetime, "revision": application.revision}
    return {**sent, "scopes": list(scopes)}


def new_application(cast: Cast) -> Act:
    made = cast.account.applications.filter(
        name="Billing", lifetime="1 week", granted_scopes__scope__name="reports"
    )
    return Act(reverse("panel:application_new", args=[cast.account.pk]), NEW, made.exists)


def new_api_key(cast: Cast) -> Act:
    return Act(
        reverse("panel:api_key_new", args=[cast.account.pk]),
        KEY,
        cast.account.api_keys.filter(name="CRM").exists,
    )


def added_scope(cast: Cast) -> Act:
    form = settings_form(cast.application, "sms", "groups", "viber")
    granted = Application.objects.filter(pk=cast.application.pk, granted_scopes__scope__name="viber")
    return Act(of(cast.application, "settings"), form, granted.exists)


def listed(cast: Cast, application: Application | None, *networks: str) -> None:
    add = [Line(NetworkText(network)) for network in networks]
    change_allowed_ips(account=cast.account, application=application, add=add, actor=OPERATOR)


def path_to_list(cast: Cast, application: Application | None, verb: str, *more: int) -> str:
    if application is None:
        return reverse(f"panel:allowed_ips_{verb}", args=[cast.account.pk, *more])
    return of(application, f"application_allowed_ips_{verb}", *more)


def added_network(application: Callable[[Cast], Application | None]) -> Callable[[Cast], Act]:
    def act(cast: Cast) -> Act:
        own = application(cast)
        listed(cast, own, "192.0.2.0/24")
        there = AllowedIP.objects.filter(application=own, network="198.51.100.0/24", note="Shop")
        return Act(path_to_list(cast, own, "add"), LINE, there.exists)

    return act


def removed_last_line(application: Callable[[Cast], Application | None]) -> Callable[[Cast], Act]:
    def act(cast: Cast) -> Act:
        own = application(cast)
        listed(cast, own, "192.0.2.0/24")
        lines = AllowedIP.objects.filter(application=own)
        path = path_to_list(cast, own, "remove", lines.get().pk)
        return Act(path, {"save": "without"}, lambda: not lines.exists())

    return act


ACTS = {
    "new application": new_application,
    "new API key": new_api_key,
    "added scope": added_scope,
    "network of the account": added_network(lambda _cast: None),
    "network of the application": added_network(lambda cast: cast.application),
    "last line of the account": removed_last_line(lambda _cast: None),
    "last line of the application": removed_last_line(lambda cast: cast.application),
}


@pytest.fixture(params=ACTS.values(), ids=list(ACTS))
def act(request: pytest.FixtureRequest, cast: Cast) -> Act:
    """Each of what makes a credential, or opens something."""
    made: Act = request.param(cast)
    return made


def sign_in(cast: Cast) -> Client:
    client = Client()
    client.post("/panel/sign-in/", {"login": cast.alice.email, "password": PASSWORD})
    return client


def test_a_stale_session_is_asked_first_and_what_was_typed_is_done_then(act: Act, cast: Cast) -> None:
    with time_machine.travel("2026-11-26 12:00:00Z") as clock:
        client = sign_in(cast)
        clock.shift(settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 1)
        answer = client.post(act.path, act.sent)
        assert answer.status_code == 302
        assert answer["Location"].startswith(CONFIRM)
        assert not act.done()
        wrong = client.post(answer["Location"], {"password": "not this one", "next": act.path})
        assert "This password is wrong" in text(wrong)
        assert not act.done()
        client.post(answer["Location"], {"password": PASSWORD, "next": act.path})
        assert act.done()


def test_what_was_given_up_is_not_done_when_its_page_is_opened_later(cast: Cast) -> None:
    act = new_application(cast)
    with time_machine.travel("2026-11-26 12:00:00Z") as clock:
        client = sign_in(cast)
        clock.shift(settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 1)
        client.post(act.path, act.sent)
        answer = client.get(act.path)
        assert answer["Location"].startswith(CONFIRM)
        client.post(answer["Location"], {"password": PASSWORD, "next": act.path})
        assert not act.done()
        assert client.get(act.path).status_code == 200


def test_signing_in_counts_as_fresh(act: Act, cast: Cast) -> None:
    sign_in(cast).post(act.path, act.sent)
    assert act.done()


def test_what_makes_nothing_is_not_asked_for(alice: Client, cast: Cast) -> None:
    """Without a password of late: fewer scopes, another name, one of several lines gone."""
    answer = alice.post(of(cast.application, "settings"), settings_form(cast.application, "sms"))
    assert answer["Location"] == of(cast.application, "settings")
    listed(cast, None, "192.0.2.0/24", "198.51.100.0/24")
    first = AllowedIP.objects.earliest("pk")
    alice.post(path_to_list(cast, None, "remove", first.pk), {"save": "without", "others_stay": "1"})
    assert not AllowedIP.objects.filter(pk=first.pk).exists()


def test_a_form_that_is_wrong_comes_back_and_leads_to_its_own_address(cast: Cast) -> None:
    path = reverse("panel:application_new", args=[cast.account.pk])
    with time_machine.travel("2026-11-26 12:00:00Z") as clock:
        client = sign_in(cast)
        clock.shift(settings.ACCOUNT_REAUTHENTICATION_TIMEOUT + 1)
        answer = client.post(path, {**NEW, "scopes": []})
        page = client.post(answer["Location"], {"password": PASSWORD, "next": path})
    assert "Choose at least one scope" in text(page)
    assert 'value="Billing"' in text(page)
    assert f'action="{path}"' in text(page)
