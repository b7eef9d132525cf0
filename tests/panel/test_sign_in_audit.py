"""Signing in, and what guards it, is in the audit log of every account of the person."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value
from django.conf import settings
from django.core import mail
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from applications.models import Account, AuditEvent, User
from applications.models.audit import Action, ActorKind
from applications.models.memberships import Role
from applications.operations import failed_sign_ins, usage
from applications.operations.audit_checks import check_chains
from tests.cast import Cast
from tests.factories import PASSWORD, make_account, make_member

NEW = "another long and dull phrase"


@pytest.fixture
def browser(cast: Cast) -> Client:
    """A browser in which nobody is signed in."""
    return Client()


def sign_in(browser: Client, email: str, password: str = PASSWORD, address: str = "192.0.2.7") -> None:
    browser.post(reverse("account_login"), {"login": email, "password": password}, REMOTE_ADDR=address)


def confirm(browser: Client) -> None:
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def code_of(seed: str) -> str:
    return f"{hotp_value(seed, int(time.time()) // 30):06d}"  # RFC 6238: a step of 30 seconds


def rows(account: Account | None, *actions: Action) -> list[AuditEvent]:
    """Rows about people in a chain, from the first on."""
    events = AuditEvent.objects.filter(account=account).order_by("pk")
    return [
        event for event in events if (event.action in actions if actions else event.target == "Alice Marlowe")
    ]


def actions(account: Account | None) -> list[str]:
    return [event.action for event in rows(account)]


def test_signing_in_and_out(browser: Client, cast: Cast) -> None:
    sign_in(browser, cast.alice.email)
    browser.post(reverse("account_logout"), REMOTE_ADDR="192.0.2.8")
    first, last = rows(cast.account)
    assert (first.action, first.actor_kind, first.actor) == (
        Action.SIGNED_IN,
        ActorKind.USER,
        cast.alice.email,
    )
    assert (first.ip, len(first.request_id), first.details) == ("192.0.2.7", 36, {"by": ["password"]})
    assert (last.action, last.ip) == (Action.SIGNED_OUT, "192.0.2.8")
    assert check_chains().breaks == []


def test_a_person_of_two_accounts_is_in_the_log_of_both_and_nobody_elses(browser: Client, cast: Cast) -> None:
    second = make_member(
        make_account("Second", "owner@second.example"), cast.alice, Role.VIEWER
    ).accounts.last()
    sign_in(browser, cast.alice.email)
    assert second is not None
    assert actions(cast.account) == actions(second) == [Action.SIGNED_IN]
    assert actions(cast.elsewhere) == actions(None) == []


def test_staff_and_people_of_no_account_are_in_the_operators_log(browser: Client, cast: Cast) -> None:
    User.objects.filter(pk=cast.alice.pk).update(is_staff=True)
    sign_in(browser, cast.alice.email)
    assert actions(cast.account) == actions(None) == [Action.SIGNED_IN]
    User.objects.create_user("nobody@latchkey.example", PASSWORD)
    sign_in(Client(), "nobody@latchkey.example")
    assert [event.actor for event in rows(None, Action.SIGNED_IN)][1:] == ["nobody@latchkey.example"]


def test_the_second_factor(browser: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    # The sign-in library tells of some changes once they are committed, which a test's transaction never is.
    monkeypatch.setattr(transaction, "on_commit", lambda tell, robust=False: tell())
    sign_in(browser, cast.alice.email)
    confirm(browser)
    seed = browser.get(reverse("mfa_activate_totp")).context["form"].secret
    browser.post(reverse("mfa_activate_totp"), {"code": code_of(seed)})
    browser.post(reverse("mfa_generate_recovery_codes"))
    codes = RecoveryCodes(
        Authenticator.objects.get(user=cast.alice, type="recovery_codes")
    ).get_unused_codes()
    other = Client()
    sign_in(other, cast.alice.email)
    other.post(reverse("mfa_authenticate"), {"code": codes[0]})
    browser.post(reverse("mfa_deactivate_totp"))
    expected = [
        Action.SIGNED_IN,
        Action.SECOND_FACTOR_ADDED,
        Action.RECOVERY_CODES_MADE,
        Action.RECOVERY_CODES_MADE,
        Action.RECOVERY_CODE_USED,
        Action.SIGNED_IN,
        Action.SECOND_FACTOR_REMOVED,
        Action.RECOVERY_CODES_REMOVED,
    ]
    assert sorted(actions(cast.account)) == sorted(expected)
    last = rows(cast.account, Action.SIGNED_IN)[-1]
    assert last.details == {"by": ["password", "recovery_codes"]}
    assert not any(secret in str(row.details) for row in rows(cast.account) for secret in (seed, *codes))


def test_the_code_of_the_app_at_sign_in_and_for_confirmation(browser: Client, cast: Cast) -> None:
    seed = generate_totp_secret()
    TOTP.activate(cast.alice, seed)
    sign_in(browser, cast.alice.email)
    browser.post(reverse("mfa_authenticate"), {"code": code_of(seed)})
    used = rows(cast.account, Action.SECOND_FACTOR_USED)
    assert [event.details for event in used] == [{"purpose": "sign-in"}]


def test_passkeys(browser: Client, cast: Cast) -> None:
    sign_in(browser, cast.alice.email)
    confirm(browser)
    passkey = Authenticator.objects.create(
        user=cast.alice, type="webauthn", data={"name": "Phone", "credential": {}}
    )
    browser.post(reverse("mfa_remove_webauthn", args=[passkey.pk]))
    assert actions(cast.account) == [Action.SIGNED_IN, Action.PASSKEY_REMOVED]


def test_passwords(browser: Client, cast: Cast) -> None:
    sign_in(browser, cast.alice.email)
    fields = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    browser.post(reverse("account_change_password"), fields)
    browser.post(reverse("account_reset_password"), {"email": cast.alice.email})
    [link] = re.findall(r"https?://\S+/new-password/\S+", str(mail.outbox[-1].body))
    form = Client().get(link.removeprefix(settings.PUBLIC_URL), follow=True)
    other = form.client
    other.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    assert actions(cast.account) == [Action.SIGNED_IN, Action.PASSWORD_CHANGED, Action.PASSWORD_RESET]


def test_sessions_that_are_ended(browser: Client, cast: Cast) -> None:
    for client in (browser, Client(), Client()):
        sign_in(client, cast.alice.email)
    browser.post(reverse("panel:sessions_end_others"))
    [event] = rows(cast.account, Action.SESSION_ENDED)
    assert event.details == {"number": 2}


# --- Failures ------------------------------------------------------------------------------------


def failures(account: Account | None) -> list[AuditEvent]:
    return rows(account, Action.SIGN_IN_FAILED)


def test_failed_sign_ins_are_one_row_a_minute_and_person(
    browser: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        sign_in(browser, cast.alice.email.upper(), "wrong", f"192.0.2.{number}")
    usage.flush()
    [event] = failures(cast.account)
    assert (event.actor, event.ip, len(event.request_id)) == (cast.alice.email, "192.0.2.0", 36)
    assert event.details["tries"] == 4
    assert event.details["wrong"] == {"password": 4}
    for number in range(10_000):
        usage.record_failed_sign_in(
            cast.alice.email, failed_sign_ins.Step.PASSWORD, ip=f"203.0.{number % 97}.1", request_id=""
        )
        if number % 1_000 == 0:
            usage.flush()
    assert len(failures(cast.account)) == 1
    monkeypatch.setattr(failed_sign_ins, "SECONDS", 0)
    usage.flush()
    [_first, second] = failures(cast.account)
    assert second.details["tries"] == 10_000
    assert len(second.details["addresses"]) == failed_sign_ins.MAX_ADDRESSES
    assert sum(second.details["addresses"].values()) + second.details["from_other_addresses"] == 10_000
    assert check_chains().breaks == []


def test_what_waits_for_its_minute_is_written_at_the_end(cast: Cast) -> None:
    for _time in range(2):
        usage.record_failed_sign_in(
            cast.alice.email, failed_sign_ins.Step.PASSWORD, ip="192.0.2.1", request_id=""
        )
        usage.flush(everything=True)
    assert len(failures(cast.account)) == 2


def test_a_wrong_code_is_a_failed_sign_in(browser: Client, cast: Cast) -> None:
    TOTP.activate(cast.alice, generate_totp_secret())
    sign_in(browser, cast.alice.email)
    browser.post(reverse("mfa_authenticate"), {"code": "000000"})
    usage.flush()
    [event] = failures(cast.account)
    assert event.details["wrong"] == {"second_factor": 1}
    assert rows(cast.account, Action.SIGNED_IN) == []


def test_an_unknown_email_leaves_no_row_and_no_memory(browser: Client, cast: Cast) -> None:
    before = AuditEvent.objects.count()
    sign_in(browser, "nobody@marlowe.example", "wrong")
    for number in range(failed_sign_ins.MAX_EMAILS + 5):
        usage.record_failed_sign_in(
            f"{number}@x.example", failed_sign_ins.Step.PASSWORD, ip="192.0.2.1", request_id=""
        )
    assert len(usage.recorder.failed_sign_ins.tries) == failed_sign_ins.MAX_EMAILS
    usage.recorder.failed_sign_ins.forget()
    sign_in(browser, "nobody@marlowe.example", "wrong")
    usage.flush()
    assert usage.recorder.failed_sign_ins.tries == {}
    assert AuditEvent.objects.count() == before


def test_an_email_that_no_database_looks_up_stops_nothing(cast: Cast) -> None:
    for email in ("\0", "a\0@marlowe.example", "\ud800@marlowe.example", "", cast.alice.email):
        usage.record_failed_sign_in(email, failed_sign_ins.Step.PASSWORD, ip="192.0.2.1", request_id="")
    usage.flush()
    assert len(failures(cast.account)) == 1


def test_known_and_unknown_emails_take_the_same_statements(browser: Client, cast: Cast) -> None:
    def statements(email: str) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            sign_in(browser, email, "wrong")
        return [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in captured]

    statements("warm@up.example")
    assert statements(cast.alice.email) == statements("nobody@marlowe.example")
    assert AuditEvent.objects.filter(action=Action.SIGN_IN_FAILED).count() == 0


def test_a_store_that_does_not_answer_loses_none(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(**_facts: object) -> None:
        raise DatabaseError

    with monkeypatch.context() as patch:
        patch.setattr(failed_sign_ins, "record_of_person", down)
        usage.record_failed_sign_in(
            cast.alice.email, failed_sign_ins.Step.PASSWORD, ip="192.0.2.1", request_id=""
        )
        usage.flush()
        usage.record_failed_sign_in(
            cast.alice.email, failed_sign_ins.Step.PASSWORD, ip="192.0.2.2", request_id=""
        )
        usage.flush()
    usage.flush()
    [event] = failures(cast.account)
    assert event.details["addresses"] == {"192.0.2.1": 1, "192.0.2.2": 1}
