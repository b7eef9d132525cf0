"""The operator's commands, as a script uses them."""

import json
from contextlib import nullcontext
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum
from django.test import Client
from django.utils.timezone import now

from applications.models import AccessToken, Account, Application, AuditEvent, DailyUsage, Refusal, User
from applications.models.usage import Reason
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, switch_application
from applications.operations.purge import purge_tokens
from applications.operations.tokens import revoke_all_tokens, revoke_token
from applications.rules.networks import allows, parse_address
from tests.factories import make_account, make_application, make_token
from tests.oauth.conftest import FORM, GRANT, basic


def run(*arguments: str) -> dict[str, Any]:
    """Run a command with --json and return what it printed."""
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    printed: dict[str, Any] = json.loads(out.getvalue())
    return printed


@pytest.fixture
def owner_password(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("LATCHKEY_OWNER_PASSWORD", "correct-horse-battery")
    return "correct-horse-battery"


def test_create_account_makes_the_owner(db: None, owner_password: str) -> None:
    printed = run("create_account", "Demo", "--owner", "Owner@Demo.Example")
    owner = User.objects.get(email="owner@demo.example")
    assert printed == {"account_id": Account.objects.get().pk, "name": "Demo", "owner": owner.email}
    assert owner.check_password(owner_password)
    assert owner.memberships.get().role == "owner"
    assert AuditEvent.objects.get().action == "account:create"


def test_create_account_leaves_a_known_owners_password(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    make_account("One", "owner@demo.example")
    before = User.objects.get().password
    monkeypatch.setenv("LATCHKEY_OWNER_PASSWORD", "another-long-password")
    run("create_account", "Two", "--owner", "owner@demo.example")
    assert User.objects.get().password == before
    assert User.objects.get().memberships.count() == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Demo", "--owner", "not an email"), "Write an email address"),
        (("", "--owner", "a@demo.example"), "Write a name"),
        (("Demo", "--owner", "a@demo.example", "--timezone", "Mars/Base"), "time zone"),
    ],
)
def test_create_account_refuses_what_cannot_be(
    db: None, owner_password: str, arguments: tuple[str, ...], says: str
) -> None:
    with pytest.raises(CommandError, match=says):
        call_command("create_account", *arguments)
    assert not Account.objects.exists()
    assert not User.objects.exists()


def test_create_account_refuses_a_weak_password(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATCHKEY_OWNER_PASSWORD", "short")
    with pytest.raises(CommandError, match="too short"):
        call_command("create_account", "Demo", "--owner", "a@demo.example")
    assert not Account.objects.exists()


def test_create_account_says_what_to_do_where_nobody_can_be_asked(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO())
    with pytest.raises(CommandError, match="LATCHKEY_OWNER_PASSWORD"):
        call_command("create_account", "Demo", "--owner", "a@demo.example")


def test_create_application_prints_credentials_that_work(db: None, client: Client) -> None:
    make_account("Demo")
    names = ["--account", "Demo", "--name", "Cron", "--scopes", "groups sms", "--lifetime", "1 week"]
    printed = run("create_application", *names)
    authorization = basic(printed["application_id"], printed["application_secret"])
    response = client.post("/oauth/token", GRANT, FORM, headers={"Authorization": authorization})
    assert response.json()["scope"] == "sms groups"
    assert response.json()["expires_in"] == 604800
    assert Application.objects.get().name == "Cron"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--account", "Nobody", "--scopes", "sms"), "no account"),
        (("--account", "Demo", "--scopes", "sms bogus"), "bogus"),
        (("--account", "Demo", "--scopes", ""), "at least one scope"),
        (("--account", "Demo", "--scopes", "sms", "--name", "x" * 101), "100 characters"),
        (("--account", "Demo", "--scopes", "sms", "--lifetime", "2 days"), "invalid choice"),
    ],
)
def test_create_application_refuses_what_cannot_be(db: None, arguments: tuple[str, ...], says: str) -> None:
    make_account("Demo")
    with pytest.raises(CommandError, match=says):
        call_command("create_application", *arguments)
    assert not Application.objects.exists()


def test_two_accounts_of_one_name_are_not_guessed_between(db: None) -> None:
    first, second = make_account("Demo"), make_account("Demo", "b@demo.example")
    with pytest.raises(CommandError, match=f"--account {first.pk} or --account {second.pk}"):
        call_command("create_application", "--account", "Demo", "--scopes", "sms")
    run("create_application", "--account", str(second.pk), "--scopes", "sms")
    assert Application.objects.get().account == second
    named = make_account(str(second.pk), "c@demo.example")
    run("create_application", "--account", str(second.pk), "--scopes", "sms")
    assert Application.objects.filter(account=named).exists(), "a name comes before a number"


def test_reset_secret_prints_one_that_works_and_ends_the_old(db: None, client: Client) -> None:
    application, old = make_application(make_account("Demo"))
    new = run("reset_secret", application.application_id)["application_secret"]

    def status(secret: str) -> int:
        authorization = basic(application.application_id, secret)
        return client.post("/oauth/token", GRANT, FORM, headers={"Authorization": authorization}).status_code

    assert (status(old), status(new)) == (401, 200)
    newer = run("reset_secret", application.application_id, "--overlap", "1 hour")["application_secret"]
    assert (status(new), status(newer)) == (200, 200)


@pytest.mark.parametrize("flag", [[], ["--overlap", "1 hour"]])
def test_reset_secret_does_not_end_an_older_one_unsaid(db: None, flag: list[str]) -> None:
    application, _secret = make_application(make_account("Demo"))
    first = application.secrets.get()
    run("reset_secret", application.application_id, "--overlap", "7 days")
    with pytest.raises(
        CommandError, match=f"ending in {first.hint}, works until .* With --end-older"
    ) as refused:
        call_command("reset_secret", application.application_id, *flag)
    assert refused.value.returncode == 1
    assert first in application.secrets.working()
    run("reset_secret", application.application_id, "--end-older", *flag)
    assert first not in application.secrets.working()


@pytest.mark.parametrize(
    ("answer", "ends"), [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_reset_secret_asks_at_a_terminal(
    db: None, monkeypatch: pytest.MonkeyPatch, answer: str, ends: bool
) -> None:
    application, _secret = make_application(make_account("Demo"))
    first = application.secrets.get()
    run("reset_secret", application.application_id, "--overlap", "7 days")
    terminal, asked, out = StringIO(answer), StringIO(), StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    refuses = nullcontext() if ends else pytest.raises(CommandError, match="Nothing was changed")
    with refuses:
        call_command("reset_secret", application.application_id, "--json", stdout=out, stderr=asked)
    assert f"An older secret, ending in {first.hint}" in asked.getvalue()
    assert "Stop it now? [y/N]" in asked.getvalue()
    assert (first in application.secrets.working()) is not ends
    assert bool(out.getvalue()) is ends


def test_create_application_says_when_the_account_is_full(db: None, settings: Any) -> None:
    make_application(make_account("Demo"))
    settings.APPLICATIONS_PER_ACCOUNT = 1
    with pytest.raises(CommandError, match="as many as it may have"):
        call_command("create_application", "--account", "Demo", "--scopes", "sms")


def test_revoke_tokens_says_how_many(db: None) -> None:
    application, _secret = make_application(make_account("Demo"))
    make_token(application)
    make_token(application)
    assert run("revoke_tokens", application.application_id)["revoked"] == 2
    assert not AccessToken.objects.live().exists()
    with pytest.raises(CommandError, match="no application"):
        call_command("revoke_tokens", "0" * 40)


NOTHING = dict.fromkeys(
    ("purged", "sessions", "refusals", "deliveries", "throttles", "invitations", "email_changes"), 0
) | {"idempotency_keys": 0}


def test_purge_deletes_the_dead_and_leaves_the_living(db: None) -> None:
    account = make_account("Demo")
    application, _secret = make_application(account)
    gone, _secret = make_application(account)
    disabled, _secret = make_application(account)
    make_token(gone)
    make_token(application, issued_at=now() - timedelta(days=2))
    revoked_later = make_token(application)
    outlived = make_token(application)
    revoke_token(token=revoked_later, actor=OPERATOR)
    delete_application(application=gone, actor=OPERATOR)
    kept = [make_token(disabled)]
    switch_application(application=disabled, enabled=False, actor=OPERATOR)
    revoke_all_tokens(application=application, actor=OPERATOR)
    kept += [make_token(application), make_token(application, lives=None)]
    assert run("purge") == {**NOTHING, "purged": 4}
    assert set(AccessToken.objects.all()) == set(kept)
    assert outlived not in kept
    assert run("purge") == NOTHING


def test_purge_sweeps_in_ranges(db: None) -> None:
    application, _secret = make_application(make_account("Demo"))
    for _number in range(7):
        make_token(application, issued_at=now() - timedelta(days=2))
    alive = make_token(application)
    assert purge_tokens(batch=2, pause=0) == 7
    assert AccessToken.objects.get() == alive


def test_purge_of_nothing(db: None) -> None:
    assert run("purge") == NOTHING


def test_seed_sample_fills_an_account(db: None) -> None:
    account = make_account("Demo")
    assert run("seed_sample") == {"account": "Demo", "applications": 9}
    assert account.applications.count() == 9
    assert AccessToken.objects.live().count() > 200
    days = DailyUsage.objects.filter(kind="issued").values("day").distinct().count()
    assert days == 30
    counted = DailyUsage.objects.filter(kind__in=Reason.values).aggregate(all=Sum("count"))["all"]
    assert counted == Refusal.objects.filter(application__account=account).count() > 30
    for refusal in Refusal.objects.filter(reason="address"):
        assert refusal.application
        assert not allows(refusal.application.allowlist, parse_address(str(refusal.ip)))
    with pytest.raises(CommandError, match="no account"):
        call_command("seed_sample", "--account", "Nobody")


def test_in_words_without_json(db: None) -> None:
    application, _secret = make_application(make_account("Demo"))
    out = StringIO()
    call_command("revoke_tokens", application.application_id, stdout=out)
    assert out.getvalue().splitlines() == [f"application_id: {application.application_id}", "revoked: 0"]
