"""Codes work once, and what second factors are made of cannot be read in the database."""

import json
import time
from importlib import import_module
from io import StringIO

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from applications.models import User
from applications.operations.sign_in import use_code
from applications.rules.one_time_codes import code_of
from applications.rules.sealing import CannotUnseal
from tests.operations.test_races import at_once
from tests.panel.pages import text

PASSWORD = "correct horse battery"
SECOND, YOU = reverse("mfa_authenticate"), "/panel/you/"
NOON = "2026-11-26 12:00:00Z"


@pytest.fixture
def elena(db: None) -> User:
    return User.objects.create_user("elena@marlowe.example", PASSWORD)


@pytest.fixture
def secret(elena: User) -> str:
    made: str = generate_totp_secret()
    TOTP.activate(elena, made)
    return made


def half_way(elena: User) -> Client:
    """A browser that has given the password, and is asked for the code."""
    client = Client()
    client.post("/panel/sign-in/", {"login": elena.email, "password": PASSWORD})
    return client


def enters(elena: User, code: str) -> bool:
    client = half_way(elena)
    client.post(SECOND, {"code": code})
    return client.get(YOU).status_code == 200


# --- Once ----------------------------------------------------------------------------------------------


def test_a_code_is_not_taken_again_within_its_tolerance(elena: User, secret: str) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        code = code_of(secret, int(time.time()) // 30)
        clock.shift(3)
        assert enters(elena, code)
        clock.shift(1)
        assert not enters(elena, code)
        clock.shift(30)  # the cache of the library has forgotten it, the tolerance has not
        assert not enters(elena, code)
        assert enters(elena, code_of(secret, int(time.time()) // 30))


def test_an_earlier_code_is_not_taken_after_a_later_one(elena: User, secret: str) -> None:
    with time_machine.travel(NOON, tick=False):
        step = int(time.time()) // 30
        assert enters(elena, code_of(secret, step))
        assert not enters(elena, code_of(secret, step - 1))
        assert enters(elena, code_of(secret, step + 1))


def test_a_code_that_signed_in_does_not_confirm(elena: User, secret: str) -> None:
    with time_machine.travel(NOON, tick=False):
        code = code_of(secret, int(time.time()) // 30)
        client = half_way(elena)
        client.post(SECOND, {"code": code})
        page = client.post(reverse("mfa_reauthenticate"), {"code": code})
        assert "This code is wrong" in text(page)


def test_the_code_that_set_the_app_up_does_not_sign_in(elena: User) -> None:
    with time_machine.travel(NOON, tick=False):
        client = half_way(elena)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
        code = code_of(secret, int(time.time()) // 30)
        client.post(reverse("mfa_activate_totp"), {"code": code})
        assert Authenticator.objects.filter(user=elena, type="totp").exists()
        assert not enters(elena, code)


def test_spaces_in_a_code_do_not_matter(elena: User, secret: str) -> None:
    code = code_of(secret, int(time.time()) // 30)
    assert enters(elena, f" {code[:3]} {code[3:]} ")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_wins() -> None:
    assert sorted(at_once(*[lambda: use_code("seed", 7)] * 8), key=bool) == [False] * 7 + [True]


# --- At rest -------------------------------------------------------------------------------------------


def stored(row: Authenticator) -> str:
    """What the database holds for a second factor."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator WHERE id = %s", [row.pk])
        value = cursor.fetchone()[0]
    return value if isinstance(value, str) else json.dumps(value)


def test_seeds_and_passkeys_cannot_be_read_in_the_database(elena: User, secret: str) -> None:
    app = Authenticator.objects.get(user=elena)
    codes = RecoveryCodes.activate(elena).instance
    passkey = WebAuthn.add(elena, "Elena's phone", {"id": "the-credential"}).instance
    for row, plain in ((app, secret), (codes, codes.data["seed"]), (passkey, "the-credential")):
        assert "gAAAA" in stored(row)  # Fernet
        assert plain not in stored(row)
    assert "Elena" not in stored(passkey)
    assert Authenticator.objects.get(pk=passkey.pk).data["credential"] == {"id": "the-credential"}
    assert len(RecoveryCodes(Authenticator.objects.get(pk=codes.pk)).generate_codes()) == 10


def test_rows_of_before_are_sealed_by_the_migration_and_can_be_opened_again(elena: User, secret: str) -> None:
    row = Authenticator.objects.get(user=elena)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE mfa_authenticator SET data = %s", [json.dumps({"secret": secret})])
    assert Authenticator.objects.get(pk=row.pk).data == {"secret": secret}
    steps = import_module("applications.migrations.0008_sign_in").Migration.operations[-1]
    # The table as migrations see it: with a column of plain JSON.
    old = MigrationLoader(connection).project_state(("mfa", "0003_authenticator_type_uniq")).apps
    steps.code(old, None)
    assert secret not in stored(row)
    assert Authenticator.objects.get(pk=row.pk).data == {"secret": secret}
    steps.reverse_code(old, None)
    assert secret in stored(row)


def test_keys_are_changed_one_after_the_other(elena: User, secret: str, settings: Settings) -> None:
    row = Authenticator.objects.get(user=elena)
    old, new = settings.ENCRYPTION_KEYS, ["another key of thirty-two characters"]
    settings.ENCRYPTION_KEYS = [*new, *old]
    out = StringIO()
    call_command("reseal", "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"second_factors": 1, "webhook_secrets": 0}
    settings.ENCRYPTION_KEYS = new
    assert Authenticator.objects.get(pk=row.pk).data == {"secret": secret}
    settings.ENCRYPTION_KEYS = old
    with pytest.raises(CannotUnseal, match="ENCRYPTION_KEYS"):
        Authenticator.objects.get(pk=row.pk)
