"""The words for each reason of a refusal, and who is said to have done what came before it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from applications.models import AuditEvent, Refusal, User
from applications.models.audit import Action, ActorKind
from applications.models.refusals import CredentialKind
from applications.models.secrets import Overlap
from applications.models.usage import Reason
from applications.operations.actors import OPERATOR, Actor
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.operations.applications import switch_application
from applications.operations.audit import record_for
from applications.operations.secrets import reset_secret
from applications.operations.tokens import revoke_all_tokens, revoke_token
from applications.panel.refusals.facts import HEADERS, moment_in_words
from applications.panel.refusals.titles import title_of
from applications.panel.refusals.verdicts import EXPLANATIONS, Verdict, explain
from applications.rules.names import Name
from tests.cast import Cast
from tests.factories import make_token, make_user

TOKEN = "f" * 40


def refused(cast: Cast, reason: Reason, detail: str = "", **more: Any) -> Refusal:
    """A stored refusal of Alice's application."""
    fields = {
        "account": cast.account,
        "application": cast.application,
        "client_id": cast.application.application_id,
        "credential": CredentialKind.SECRET,
        "method": "POST",
        "path": "/oauth/token",
        "ip": "198.51.100.9",
        "request_id": f"00000000-0000-4000-8000-{Refusal.objects.count():012}",
    }
    return Refusal.objects.create(reason=reason, detail=detail, **(fields | more))


def unsaved(reason: str, detail: str, **more: Any) -> Refusal:
    """A refusal that is asked for its title alone, which needs no database."""
    fields = {"credential": CredentialKind.SECRET, "path": "/oauth/token", "ip": "198.51.100.9"}
    return Refusal(reason=reason, detail=detail, **(fields | more))


# --- Titles -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "detail", "title"),
    [
        (Reason.WRONG_SECRET, "cdef", "The secret is not one of this application"),
        (Reason.OLD_SECRET, "cdef", "The secret ending in cdef was replaced"),
        (Reason.DISABLED, "", "The application was disabled"),
        (Reason.ADDRESS, "", "198.51.100.9 is not on the list"),
        (Reason.SCOPE, "sms", "Scope sms is not granted"),
        (Reason.SCOPE, "sms viber", "The scopes sms viber are not granted"),
        (Reason.TOKEN_EXPIRED, "cdef", "The token ending in cdef had expired"),
        (Reason.TOKEN_REVOKED, "cdef", "The token ending in cdef was revoked"),
        (Reason.KEY_EXPIRED, "cdef", "The API key ending in cdef had expired"),
        (Reason.KEY_REVOKED, "cdef", "The API key ending in cdef was revoked"),
        (Reason.DELETED, "", "This application was deleted"),
        (Reason.RATE_LIMIT, "", "Too many requests in one minute"),
        (Reason.MALFORMED, "grant_type is missing.", "The request cannot be used"),
        ("of a later version", "", "The request cannot be used"),
    ],
)
def test_each_reason_has_a_heading(reason: str, detail: str, title: str) -> None:
    assert title_of(unsaved(reason, detail)) == title


@pytest.mark.parametrize(
    ("path", "media_type", "title"),
    [
        ("/oauth/token", "application/json", "The body was JSON; send a form"),
        ("/oauth/token", "", "The body was without a Content-Type; send a form"),
        ("/applications", "application/x-www-form-urlencoded", "The body was a form; send JSON"),
        ("/applications", "image/png", "The body was image/png; send JSON"),
        ("/applications", "text/100%s", "The body was text/100%s; send JSON"),
    ],
)
def test_the_heading_of_a_body_says_what_is_read_there(path: str, media_type: str, title: str) -> None:
    assert title_of(unsaved(Reason.BODY, media_type, path=path)) == title


@pytest.mark.parametrize(
    ("credential", "place", "title"),
    [
        (CredentialKind.TOKEN, "?access_token", "The credential was in the address, not in a header"),
        (CredentialKind.TOKEN, "body", "The credential was in the body, not in a header"),
        (
            CredentialKind.TOKEN,
            "Authorization",
            "The header Authorization had no word Bearer before the token",
        ),
        (CredentialKind.TOKEN, "X-API-KEY", "The header was X-API-KEY, not Authorization"),
        (CredentialKind.API_KEY, "Authorization: Bearer", "The header was Authorization, not X-API-KEY"),
        (CredentialKind.SECRET, "X-100%-Mine", "The header was X-100%-Mine, not Authorization"),
    ],
)
def test_the_heading_of_a_header_says_where_the_credential_belongs(
    credential: CredentialKind, place: str, title: str
) -> None:
    assert title_of(unsaved(Reason.HEADER, place, credential=credential)) == title


def test_every_reason_is_explained_and_every_credential_has_its_header() -> None:
    assert EXPLANATIONS.keys() == set(Reason)
    assert HEADERS.keys() == set(CredentialKind)


# --- Explanations -------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", Reason)
def test_each_reason_says_what_to_do_and_where_also_of_what_is_gone(cast: Cast, reason: Reason) -> None:
    for gone in ({}, {"application": None, "client_id": ""}):
        verdict = explain(refused(cast, reason, "cdef", **gone))
        for said in (verdict.title, verdict.text, verdict.remedy, verdict.action):
            assert said
            assert "{" not in said
            assert "%(" not in said
        assert verdict.url.startswith(f"/panel/{cast.account.pk}/")
        assert verdict.text.endswith((".", "told: cdef"))


@pytest.mark.parametrize(
    ("reason", "page"),
    [
        (Reason.WRONG_SECRET, "danger/"),
        (Reason.OLD_SECRET, "danger/"),
        (Reason.ADDRESS, "allowed-ips/"),
        (Reason.SCOPE, "settings/"),
        (Reason.TOKEN_EXPIRED, "tokens/"),
        (Reason.TOKEN_REVOKED, "tokens/"),
        (Reason.DISABLED, ""),
        (Reason.RATE_LIMIT, ""),
        (Reason.HEADER, ""),
    ],
)
def test_a_verdict_leads_to_the_page_that_mends_it(cast: Cast, reason: Reason, page: str) -> None:
    one = f"/panel/{cast.account.pk}/applications/{cast.application.application_id}/"
    assert explain(refused(cast, reason)).url == one + page


@pytest.mark.parametrize(
    ("reason", "page"),
    [(Reason.ADDRESS, "allowed-ips/"), (Reason.DELETED, "applications/"), (Reason.KEY_REVOKED, "api-keys/")],
)
def test_without_an_application_it_leads_to_a_page_of_the_account(
    cast: Cast, reason: Reason, page: str
) -> None:
    verdict = explain(refused(cast, reason, application=None, client_id=""))
    assert verdict.url == f"/panel/{cast.account.pk}/{page}"


def disabled_by(cast: Cast, actor: Actor) -> Verdict:
    switch_application(application=cast.application, enabled=False, actor=actor)
    return explain(refused(cast, Reason.DISABLED))


def test_the_operator_is_not_named(cast: Cast) -> None:
    assert "by the operator." in disabled_by(cast, OPERATOR).text


def test_a_member_is_named_with_the_role(cast: Cast) -> None:
    ada = Actor(ActorKind.USER, cast.ada.email, "192.0.2.1", "")
    assert "by Ada Marlowe (admin)." in disabled_by(cast, ada).text


def test_who_left_the_account_is_named_without_a_role_and_who_is_gone_by_email(cast: Cast) -> None:
    dora = make_user("dora@marlowe.example", "Dora Duarte")
    gone = Actor(ActorKind.USER, dora.email, "192.0.2.1", "")
    record_for(gone, cast.application, Action.APPLICATION_DISABLED)
    refusal = refused(cast, Reason.DISABLED)
    assert "by Dora Duarte." in explain(refusal).text
    User.objects.filter(pk=dora.pk).delete()
    assert "by dora@marlowe.example." in explain(refusal).text


@pytest.mark.parametrize(
    ("itself", "words"), [(True, "by the client itself."), (False, f"by the application {'e' * 40}.")]
)
def test_an_application_that_revoked_is_told_apart_from_another(cast: Cast, itself: bool, words: str) -> None:
    client_id = cast.application.application_id if itself else "e" * 40
    token = make_token(cast.application, TOKEN)
    revoke_token(token=token, actor=Actor(ActorKind.APPLICATION, client_id, "192.0.2.1", ""))
    assert words in explain(refused(cast, Reason.TOKEN_REVOKED, token.hint)).text


def test_of_several_changes_the_last_before_the_request_is_named(cast: Cast) -> None:
    switch_application(application=cast.application, enabled=False, actor=OPERATOR)
    request = refused(cast, Reason.DISABLED)
    switch_application(application=cast.application, enabled=True, actor=OPERATOR)
    ada = Actor(ActorKind.USER, cast.ada.email, "192.0.2.1", "")
    switch_application(application=cast.application, enabled=False, actor=ada)
    assert "by the operator." in explain(request).text
    assert "by Ada Marlowe (admin)." in explain(refused(cast, Reason.DISABLED)).text


def test_one_revoked_token_is_not_taken_for_all_of_them(cast: Cast) -> None:
    ada = Actor(ActorKind.USER, cast.ada.email, "192.0.2.1", "")
    token = make_token(cast.application, TOKEN)
    revoke_token(token=token, actor=ada)
    revoke_all_tokens(application=cast.application, actor=OPERATOR)
    assert "by Ada Marlowe (admin)." in explain(refused(cast, Reason.TOKEN_REVOKED, token.hint)).text
    assert "by the operator." in explain(refused(cast, Reason.TOKEN_REVOKED, "0123")).text


def test_a_revoked_key_is_named_with_who_revoked_it(cast: Cast) -> None:
    key, _value = create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    other, _value = create_api_key(account=cast.account, name=Name("ERP"), scopes=None, actor=OPERATOR)
    revoke_api_key(api_key=key, actor=Actor(ActorKind.USER, cast.alice.email, "192.0.2.1", ""))
    revoke_api_key(api_key=other, actor=OPERATOR)
    of_key = {"application": None, "client_id": "", "api_key": key, "credential": CredentialKind.API_KEY}
    text = explain(refused(cast, Reason.KEY_REVOKED, key.hint, **of_key)).text
    assert f"sends the API key {key}." in text
    assert "by Alice Marlowe (owner)." in text
    without = explain(refused(cast, Reason.KEY_REVOKED, "9abc", application=None, client_id=""))
    assert without.text == "The client still sends the API key ••••9abc."


def test_an_old_secret_is_told_until_when_it_worked_and_which_one_works_now(cast: Cast) -> None:
    old = cast.application.secrets.get()
    reset_secret(application=cast.application, overlap=Overlap.HOUR, actor=OPERATOR)
    current = cast.application.secrets.get(expires_at=None)
    verdict = explain(refused(cast, Reason.OLD_SECRET, old.hint))
    old.refresh_from_db()
    assert old.expires_at is not None
    assert f"It worked until {moment_in_words(old.expires_at)}." in verdict.text
    assert f"put the current secret, ending in {current.hint}, on that machine" in verdict.remedy
    unknown = explain(refused(cast, Reason.OLD_SECRET, "zzzz"))  # it was swept meanwhile
    assert "It worked until" not in unknown.text


@pytest.mark.parametrize(
    ("credential", "remedy"),
    [
        (CredentialKind.TOKEN, "send the token as Authorization: Bearer"),
        (CredentialKind.API_KEY, "send the API key in the header X-API-KEY, without any word before it."),
        (
            CredentialKind.SECRET,
            "send ID and secret by HTTP Basic in the header Authorization, or in a form.",
        ),
    ],
)
def test_each_credential_is_told_where_it_belongs(
    cast: Cast, credential: CredentialKind, remedy: str
) -> None:
    verdict = explain(refused(cast, Reason.HEADER, "X-Other", credential=credential))
    assert remedy.partition(": ")[0] in verdict.remedy
    assert verdict.remedy.startswith(remedy.split(" as ")[0])
    assert "where none is read: X-Other." in verdict.text


@pytest.mark.parametrize(
    ("credential", "who"),
    [(CredentialKind.API_KEY, "this API key"), (CredentialKind.TOKEN, "Order notifications")],
)
def test_a_missing_scope_is_mended_where_the_credential_got_it(
    cast: Cast, credential: CredentialKind, who: str
) -> None:
    verdict = explain(refused(cast, Reason.SCOPE, "viber", credential=credential))
    assert "the scope viber" in verdict.text
    assert who in verdict.text
    assert ("make a new API key" in verdict.remedy) is (credential == CredentialKind.API_KEY)


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("/oauth/token", "application/x-www-form-urlencoded"), ("/applications", "application/json")],
)
def test_a_body_is_told_what_is_read_at_its_address(cast: Cast, path: str, media_type: str) -> None:
    verdict = explain(refused(cast, Reason.BODY, "image/png", path=path))
    assert f"The client sent image/png. This address reads {media_type} alone." == verdict.text
    assert verdict.remedy.endswith(f"with the header Content-Type: {media_type}.")
    assert "a body without a Content-Type" in explain(refused(cast, Reason.BODY, "", path=path)).text


def test_a_secret_of_another_shape_is_told_what_a_secret_is(cast: Cast) -> None:
    assert "40 hexadecimal" in explain(refused(cast, Reason.MALFORMED, "", error="invalid_client")).text
    assert (
        explain(refused(cast, Reason.MALFORMED, "scope is empty.")).text
        == "The client was told: scope is empty."
    )


def test_moments_are_told_in_the_time_zone_of_the_account() -> None:
    moment = datetime(2026, 11, 3, 23, 14, tzinfo=UTC)
    with timezone.override("Europe/Warsaw"):
        assert moment_in_words(moment) == "4 November 2026, 00:14"


def test_the_same_is_counted_since_it_began_and_nothing_else_is(cast: Cast) -> None:
    began = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    first = refused(cast, Reason.SCOPE, "viber", created_at=began)
    refused(cast, Reason.SCOPE, "viber", created_at=began + timedelta(days=2))
    refused(cast, Reason.SCOPE, "whatsapp")
    refused(cast, Reason.ADDRESS, "viber")
    refused(cast, Reason.SCOPE, "viber", client_id=cast.his.application_id)
    refused(cast, Reason.SCOPE, "viber", account=cast.elsewhere)
    assert explain(first).same == "2 times since 3 November"
    assert explain(refused(cast, Reason.RATE_LIMIT, created_at=began)).same == "1 time since 3 November"


def test_explaining_writes_nothing(cast: Cast) -> None:
    before = AuditEvent.objects.count(), Refusal.objects.count()
    explain(refused(cast, Reason.WRONG_SECRET))
    assert (AuditEvent.objects.count(), Refusal.objects.count() - 1) == before
