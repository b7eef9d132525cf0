"""What the panel shows of credentials that were found, until somebody has dealt with them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from applications.models import Account, AuditEvent, FoundCredential, Refusal
from applications.models.audit import Action, ActorKind
from applications.models.secrets import Overlap
from applications.operations import usage
from applications.operations.actors import OPERATOR, Actor
from applications.operations.api_keys import create_api_key
from applications.operations.found_credentials import end_found_credentials
from applications.operations.secrets import reset_secret
from applications.rules.credentials import new_credential
from applications.rules.found_credentials import found_values
from applications.rules.names import Name
from tests.cast import Cast
from tests.factories import make_token
from tests.oauth.conftest import FORM, GRANT, basic
from tests.panel.addresses import confirm, of
from tests.panel.pages import text

FINDER = Actor(ActorKind.FINDER, "finder", "203.0.113.9", "6f3c8f0e-0f6c-4a57-9d0f-7d7c2f3b9a11")


def report(*texts: str) -> None:
    end_found_credentials(found=found_values(texts), actor=FINDER)


def page_of(client: Client, account: Account, name: str) -> str:
    return text(client.get(reverse(f"panel:{name}", args=[account.pk])))


def test_a_secret_is_told_on_the_pages_until_it_is_reset(alice: Client, cast: Cast) -> None:
    report(cast.secret)
    hint = cast.secret[-4:]
    for page in (
        page_of(alice, cast.account, "applications"),
        text(alice.get(of(cast.application, "overview"))),
    ):
        assert f"ending in {hint}, was reported as found" in re.sub("<[^>]+>", "", page)
        assert "203.0.113.9" in page
        assert "Reset the secret and give the new one to the client" in page
    overview = text(alice.get(of(cast.application, "overview")))
    assert "None works: it was found, and stopped. Reset it." in overview
    assert "The one before was found, and stopped." in text(alice.get(of(cast.application, "danger")))
    reset_secret(application=cast.application, overlap=Overlap.NOW, actor=OPERATOR)
    assert "was reported as found" not in text(alice.get(of(cast.application, "overview")))
    assert "was reported as found" not in page_of(alice, cast.account, "applications")


def test_the_secret_that_is_left_is_no_old_one(alice: Client, cast: Cast) -> None:
    """The current one was found during an overlap: there is none that a client could move over to."""
    new = reset_secret(application=cast.application, overlap=Overlap.DAY, actor=OPERATOR)
    assert "Moving over" in text(alice.get(of(cast.application, "overview")))
    report(new)
    page = text(alice.get(of(cast.application, "overview")))
    assert "Moving over" not in page
    assert f"••••{cast.secret[-4:]}" in page
    confirm(alice)
    question = text(alice.get(of(cast.application, "secret_reset")))
    assert "The old secret was found, and stopped. The new one works at once." in question
    assert f"The one ending in {cast.secret[-4:]} goes on working as it does now." in question
    assert "Both secrets work until then" not in question
    sent = dict(re.findall(r'<input type="hidden" name="(overlap|current)" value="(\w+)"', question))
    assert "The secret was reset" in text(alice.post(of(cast.application, "secret_reset"), sent))
    assert cast.application.secrets.working().count() == 2


def test_a_key_and_a_token_until_they_are_dismissed(alice: Client, cast: Cast) -> None:
    key, value = create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    token = new_credential()
    make_token(cast.application, token)
    report(token, value)
    assert f"{key}" in page_of(alice, cast.account, "api_keys")
    for found, page in zip(FoundCredential.objects.order_by("kind"), ("api_keys", "overview"), strict=True):
        response = alice.post(reverse("panel:found_dismiss", args=[cast.account.pk, found.pk]), follow=True)
        assert "Dismissed." in text(response)
        assert response.resolver_match.url_name == page
        assert "was reported as found" not in text(response)
    again = alice.post(reverse("panel:found_dismiss", args=[cast.account.pk, found.pk]), follow=True)
    assert "Somebody has dismissed this already." in text(again)


def test_a_viewer_reads_and_dismisses_nothing(bob: Client, cast: Cast) -> None:
    report(cast.secret)
    page = text(bob.get(of(cast.application, "overview")))
    assert "was reported as found" in page
    assert "Dismiss" not in page
    found = FoundCredential.objects.get()
    assert bob.post(reverse("panel:found_dismiss", args=[cast.account.pk, found.pk])).status_code == 403
    assert FoundCredential.objects.open().exists()


def test_another_account_sees_and_reaches_nothing_of_it(cast: Cast) -> None:
    report(cast.secret)
    charlie = Client()
    charlie.force_login(cast.charlie)
    assert "was reported as found" not in page_of(charlie, cast.elsewhere, "applications")
    found = FoundCredential.objects.get()
    assert charlie.post(reverse("panel:found_dismiss", args=[cast.elsewhere.pk, found.pk])).status_code == 404


def test_very_many_are_a_few_and_a_link(alice: Client, cast: Cast) -> None:
    tokens = [new_credential() for _number in range(12)]
    for token in tokens:
        make_token(cast.application, token)
    report(*tokens)
    page = page_of(alice, cast.account, "applications")
    assert page.count("was reported as found") == 5
    assert "More credentials were found than are shown here." in page


def test_the_setting_says_what_it_does_and_is_in_the_audit_log(alice: Client, cast: Cast) -> None:
    address = reverse("panel:account_settings", args=[cast.account.pk])
    assert "it goes on working. Tokens and API keys that were found always stop." in text(alice.get(address))
    sent = {
        "name": cast.account.name,
        "timezone": "Europe/Warsaw",
        "default_lifetime": "1 day",
        "revision": 0,
    }
    assert "The settings were saved." in text(alice.post(address, sent, follow=True))
    event = AuditEvent.objects.filter(action=Action.ACCOUNT_CHANGED).get()
    assert event.details == {"stops_found_secrets": [True, False]}
    assert "Secrets that were found stop" in page_of(alice, cast.account, "audit_log")
    report(cast.secret)
    page = text(alice.get(of(cast.application, "overview")))
    assert "It goes on working, because the settings of the account say so." in page
    assert cast.secret[-4:] in page


def test_the_audit_log_says_who_and_from_where(alice: Client, cast: Cast) -> None:
    report(cast.secret)
    page = re.sub("<[^>]+>", "", page_of(alice, cast.account, "audit_log"))
    assert "Somebody reported a credential of Order notifications as found" in page
    assert "203.0.113.9" in page
    assert "Order notifications" in page_of(alice, cast.account, "audit_log")
    only = alice.get(reverse("panel:audit_log", args=[cast.account.pk]), {"who": "finder"})
    assert "as found" in text(only)


KINDS = ["token", "api_key", "secret", "token of a secret"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_look_up_says_that_it_was_found(kind: str, alice: Client, cast: Cast) -> None:
    value = cast.secret if kind.endswith("secret") else new_credential()
    headers = {"Authorization": f"Bearer {value}"}
    if kind == "token":
        make_token(cast.application, value)
    elif kind == "api_key":
        value = create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=OPERATOR)[1]
        headers = {"X-API-KEY": value}
    elif kind == "secret":
        headers = {"Authorization": basic(cast.application.application_id, value)}
    else:
        token = new_credential()
        make_token(cast.application, token)
        headers = {"Authorization": f"Bearer {token}"}
    report(value)
    if kind == "secret":
        refused = Client().post("/oauth/token", GRANT, FORM, headers=headers)
    else:
        refused = Client().get("/account", headers=headers)
    assert refused.status_code == 401
    usage.flush()
    assert Refusal.objects.get().request_id == refused["X-Request-Id"]
    address = reverse("panel:activity", args=[cast.account.pk])
    page = text(alice.get(address, {"request": refused["X-Request-Id"]}))
    expected = {
        "token": "This token was reported as found on",
        "api_key": "This API key was reported as found on",
        "secret": "This secret was reported as found on",
        "token of a secret": "by somebody who had found the secret",
    }
    assert expected[kind] in page


def test_the_reference_tells_the_patterns_and_that_they_are_ambiguous(alice: Client, cast: Cast) -> None:
    page = text(alice.get(reverse("panel:api_reference", args=[cast.account.pk])))
    assert "[0-9a-f]{40}" in page
    assert "the pattern alone finds too much" in page
    assert "carries nothing else" in re.sub("<[^>]+>", "", page)
    assert "/credentials/revoke" in page
