"""Ending credentials that were found: at once, each kind, in sets, and without telling whether there were any."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.errors import NotFound
from applications.models import (
    AccessToken,
    Account,
    APIKey,
    Application,
    ApplicationSecret,
    AuditEvent,
    CredentialReports,
    FoundCredential,
)
from applications.models.audit import Action, ActorKind
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR, Actor
from applications.operations.api_keys import create_api_key
from applications.operations.applications import switch_application
from applications.operations.audit_checks import check_chains
from applications.operations.found_credentials import dismiss_found_credential, end_found_credentials
from applications.operations.secrets import reset_secret
from applications.rules.credentials import new_credential
from applications.rules.found_credentials import found_values
from applications.rules.names import Name
from tests.cast import Cast
from tests.factories import make_application, make_token

FINDER = Actor(ActorKind.FINDER, "finder", "203.0.113.9", "6f3c8f0e-0f6c-4a57-9d0f-7d7c2f3b9a11")


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Any) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: django_capture_on_commit_callbacks(execute=True)


def report(*texts: str) -> None:
    end_found_credentials(found=found_values(texts), actor=FINDER)


def key_of(account: Account) -> tuple[APIKey, str]:
    return create_api_key(account=account, name=Name("CRM"), scopes=None, actor=OPERATOR)


def reset(application: Application, overlap: Overlap = Overlap.DAY) -> str:
    return reset_secret(application=application, overlap=overlap, actor=OPERATOR)


def working(application: Application) -> list[str]:
    """The hints of the secrets that somebody can have, the current one first."""
    return [secret.hint for secret in application.secrets.working() if secret.is_known]


def test_a_token_ends_alone(cast: Cast) -> None:
    value = new_credential()
    found, other = make_token(cast.application, value), make_token(cast.application)
    report(f"Bearer {value}")
    assert list(AccessToken.objects.live()) == [other]
    assert working(cast.application) == [cast.secret[-4:]]
    [row] = FoundCredential.objects.all()
    assert (row.kind, row.hint, row.token_pk, row.stopped) == ("token", found.hint, found.pk, True)
    assert (row.ip, row.request_id) == (FINDER.ip, FINDER.request_id)


def test_an_api_key_ends(cast: Cast) -> None:
    key, value = key_of(cast.account)
    other, _value = key_of(cast.account)
    report(f"X-API-KEY: {value}")
    assert list(APIKey.objects.live()) == [other]
    assert FoundCredential.objects.get().api_key == key


def test_a_secret_ends_with_all_tokens_of_its_application(cast: Cast) -> None:
    make_token(cast.application)
    theirs = make_token(cast.his)
    report(f"{cast.application.application_id}:{cast.secret}")
    assert working(cast.application) == []
    assert list(AccessToken.objects.live()) == [theirs]
    placeholder = cast.application.secrets.get(expires_at=None)
    assert (placeholder.hint, len(bytes(placeholder.digest))) == ("", 32)


def test_the_other_secret_goes_on(cast: Cast) -> None:
    new = reset(cast.application)
    report(new)
    assert working(cast.application) == [cast.secret[-4:]], "the older one, until its overlap ends"
    report(cast.secret)
    assert working(cast.application) == []
    assert cast.application.secrets.filter(expires_at=None).count() == 1


def test_the_current_secret_goes_on_when_the_old_one_was_found(cast: Cast) -> None:
    new = reset(cast.application)
    report(cast.secret)
    assert working(cast.application) == [new[-4:]]
    assert not cast.application.secrets.filter(hint="").exists()


def test_both_secrets_in_one_report(cast: Cast) -> None:
    before = Application.objects.get(pk=cast.application.pk).generation
    report(reset(cast.application), cast.secret)
    assert working(cast.application) == []
    cast.application.refresh_from_db()
    assert (cast.application.generation, cast.application.live_generation) == (before + 1, before + 1)


def test_a_reset_makes_all_well(cast: Cast) -> None:
    report(cast.secret)
    new = reset(cast.application, Overlap.WEEK)
    assert [secret.hint for secret in cast.application.secrets.working()] == [new[-4:]], (
        "no overlap with nobody's"
    )
    assert not FoundCredential.objects.open().exists()


def test_a_reset_leaves_the_secret_that_is_left(cast: Cast) -> None:
    """The found one was current, in an overlap: two secrets work at once, and the older one is the second."""
    report(reset(cast.application))
    new = reset(cast.application)
    assert working(cast.application) == [new[-4:], cast.secret[-4:]]


def test_a_disabled_application_does_not_come_back_with_it(cast: Cast) -> None:
    value = new_credential()
    make_token(cast.application, value)
    switch_application(application=cast.application, enabled=False, actor=OPERATOR)
    report(value, cast.secret)
    switch_application(application=cast.application, enabled=True, actor=OPERATOR)
    assert (working(cast.application), AccessToken.objects.live().count()) == ([], 0)


def test_what_has_ended_and_what_nobody_has_leave_no_trace(cast: Cast) -> None:
    new = reset(cast.application, Overlap.NOW)
    before = AuditEvent.objects.count()
    report(cast.secret, new_credential(), cast.application.application_id, "", "nothing")
    assert working(cast.application) == [new[-4:]]
    assert (AuditEvent.objects.count(), FoundCredential.objects.count()) == (before, 0)
    reports = CredentialReports.objects.get()
    assert (reports.calls, reports.sent, reports.live) == (1, 3, 0)
    report(new)
    reports.refresh_from_db()
    assert (reports.calls, reports.sent, reports.live) == (2, 4, 1)


def test_an_account_that_wants_to_be_told_only(cast: Cast, committed: Any) -> None:
    Account.objects.filter(pk=cast.account.pk).update(stops_found_secrets=False)
    value, token = key_of(cast.account)[1], new_credential()
    kept = make_token(cast.application)
    make_token(cast.application, token)
    with committed():
        report(cast.secret, value, token)
    assert working(cast.application) == [cast.secret[-4:]]
    assert list(AccessToken.objects.live()) == [kept], "a found token and key always stop"
    assert not APIKey.objects.live().exists()
    assert FoundCredential.objects.get(kind="secret").stopped is False
    assert any("It goes on working" in message.body for message in mail.outbox)
    mail.outbox.clear()
    with committed():
        report(cast.secret)
    assert (mail.outbox, FoundCredential.objects.filter(kind="secret").count()) == ([], 1), "told once"
    dismiss_found_credential(found=FoundCredential.objects.get(kind="secret"), actor=OPERATOR)
    report(cast.secret)
    assert FoundCredential.objects.filter(kind="secret").count() == 2, "and again, once it was dismissed"


def test_the_audit_log_names_the_address_and_its_chains_hold(cast: Cast) -> None:
    tokens = [new_credential() for _number in range(3)]
    for value in tokens:
        make_token(cast.application, value)
    key, value = key_of(cast.account)
    report(*tokens, value, cast.secret, new_credential())
    events = list(AuditEvent.objects.filter(action=Action.CREDENTIAL_FOUND).order_by("pk"))
    assert {(event.actor_kind, event.ip, event.request_id) for event in events} == {
        ("finder", FINDER.ip, FINDER.request_id)
    }
    said = {event.details["found"]: (event.target, sorted(event.details["hints"])) for event in events}
    assert said == {
        "token": ("Order notifications", sorted(token[-4:] for token in tokens)),
        "secret": ("Order notifications", [cast.secret[-4:]]),
        "api_key": (str(key), [key.hint]),
    }
    assert check_chains().breaks == []
    assert cast.secret not in str([event.details for event in events])


def test_several_accounts_in_one_report(cast: Cast, committed: Any) -> None:
    theirs = reset(cast.his)
    mail.outbox.clear()
    with committed():
        report(cast.secret, theirs)
    assert (working(cast.application), len(working(cast.his))) == ([], 1)
    told = {message.to[0]: message.body for message in mail.outbox}
    assert set(told) == {"alice@marlowe.example", "ada@marlowe.example", "charlie@elsewhere.example"}
    assert "Elsewhere" not in told["alice@marlowe.example"].replace("charlie@elsewhere", "")
    assert "Marlowe" not in told["charlie@elsewhere.example"]
    assert check_chains().breaks == []


def statements(*texts: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        report(*texts)
    return len(queries.captured_queries)


def test_as_many_statements_whatever_is_live(cast: Cast) -> None:
    """Of what can be seen from outside, the time is nearest to this."""
    nothing = statements(*[new_credential() for _number in range(50)])
    value = new_credential()
    make_token(cast.application, value)
    assert statements(value) == nothing
    assert statements(key_of(cast.account)[1]) == nothing
    assert statements(cast.secret) == nothing
    others = [
        make_application(account)[1] for account in (cast.account, cast.elsewhere) for _number in range(20)
    ]
    tokens = [new_credential() for _number in range(30)]
    for token in tokens:
        make_token(cast.his, token)
    keys = [key_of(account)[1] for account in (cast.account, cast.elsewhere)]
    assert statements(*others, *tokens, *keys) == nothing


def test_dismissing(cast: Cast) -> None:
    report(cast.secret)
    [found] = FoundCredential.objects.open()
    dismiss_found_credential(
        found=found, actor=replace(OPERATOR, kind=ActorKind.USER, name="ada@marlowe.example")
    )
    assert not FoundCredential.objects.open().exists()
    found.refresh_from_db()
    assert found.dismissed_by == "ada@marlowe.example"
    assert AuditEvent.objects.filter(action=Action.FOUND_DISMISSED).count() == 1
    with pytest.raises(NotFound):
        dismiss_found_credential(found=found, actor=OPERATOR)


def test_no_placeholder_works_as_a_secret(cast: Cast) -> None:
    """Its digest is random: no value is known that has it, and the digest itself is none."""
    report(cast.secret)
    placeholder = ApplicationSecret.objects.get(application=cast.application, expires_at=None)
    report(bytes(placeholder.digest)[:20].hex())
    assert ApplicationSecret.objects.get(application=cast.application, expires_at=None) == placeholder
