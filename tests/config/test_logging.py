"""Logs hold nothing that opens anything: each shape, and every page walked at DEBUG with real secrets."""

import io
import json
import logging
import logging.config
import re
import secrets
import time
from base64 import b64encode
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import hotp_value
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import Client
from django.urls import reverse

import config.logging
from applications.models import AccessToken, APIKey
from config.logging import logging_to, redacted
from config.tracebacks import TracebackOncePerMinute
from tests.cast import make_cast
from tests.factories import PASSWORD
from tests.oauth.conftest import basic
from tests.oauth.edge import post

VALUE = "0123456789abcdef0123456789abcdef01234567"
UUID = "4eb6f2b1-7f65-4c9a-9c5f-0c1c2d3e4f50"

# --- Shapes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        (f"a={VALUE}", VALUE),
        (f"q%3D{VALUE}", VALUE),
        (f"q%3d{VALUE.upper()}%26", VALUE.upper()),
        (f"x{VALUE}y", VALUE),
        (f"client_{VALUE}_secret", VALUE),
        (f"digest \\x{'ab' * 32}", "ab" * 32),
        ("Authorization: Basic dTpw", "dTpw"),
        ("authorization=basic%20dTpw%3D", "dTpw"),
        ("'HTTP_AUTHORIZATION': 'BASIC   dTpw=='", "dTpw"),
        (f"Bearer {VALUE}", VALUE),
        ("Bearer short-one", "short-one"),
        (b64encode(f"{VALUE}:{VALUE}".encode()).decode(), "MDEyMzQ1Njc4"),
        ("whsec_MfKQ9r8GKYqrTwjU/PD8+ILPZIo2LaLaSw==", "MfKQ9r8GKYqrTwjU"),
        ("whsec_MfKQ9r8GKYqrTwjU/PD8+ILPZIo2LaLaSw==", "PD8+ILPZIo2LaLaSw"),
        ("otpauth://totp/Latchkey:a@b.example?secret=ABCD&issuer=Latchkey", "ABCD"),
        ("otpauth%3A%2F%2Ftotp%2FLatchkey%3Fsecret%3DABCD", "ABCD"),
        ("seed JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "JBSWY3DPEHPK3PXP"),
        ("codes ['12345678', '87654321']", "12345678"),
        ("codes ['12345678', '87654321']", "87654321"),
        ("codes 12345678-87654321", "12345678"),
        ("/panel/sign-in/new-password/1-c5y6zk-0123456789abcdef0123456789abcdef/", "0123456789abcdef"),
        ("sessionid=abcdefghij0123456789abcdefghij01; Path=/", "abcdefghij0123456789abcdefghij01"),
        ("csrftoken=short", "short"),
        ("{'password': ['correct horse'], 'login': ['a']}", "horse"),
        ("password1=correct&password2=correct", "correct"),
        ("client_secret=abc&grant_type=x", "abc"),
        ("could not connect to postgres://latchkey:pass%40word@db:5432/latchkey", "pass"),
        ("argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA", "c2FsdA"),
        ("invitation GBV2sWak1CnrKaOE6erG-QXecFs6_lHTp9RKQ6XzCFHvM", "GBV2sWak1CnrKaOE6erG"),
        ("invitation GBV2sWak1CnrKaOE6erG-QXecFs6_lHTp9RKQ6XzCFHvM", "lHTp9RKQ6XzCFHvM"),
    ],
)
def test_no_shape_of_a_secret_is_written(line: str, secret: str) -> None:
    assert "…" in redacted(line)
    assert secret not in redacted(line)


@pytest.mark.parametrize(
    "line",
    [
        f"unforeseen, request {UUID}",
        "the store does not answer, request 12345678-b705-44bd-8f00-0c1c2d3e4f50",
        "request 12345678-1234-4234-8234-123456789012, which has digits alone",
        "2026-11-26T09:40:32.123456Z",
        'File "/srv/latchkey/applications/management/commands/create_api_key.py", line 10, in handle',
        "test_after_the_allowed_tries_even_the_right_password_waits_15_minutes",
        "Not Found: /panel/12/applications/new/",
        "address 2001:db8::1, port 8443, 1234567 bytes",
        "postgres://db:5432/latchkey",
    ],
)
def test_what_opens_nothing_stays_readable(line: str) -> None:
    assert redacted(line) == line


def test_a_long_line_takes_no_longer_than_its_length() -> None:
    began = time.perf_counter()
    for part in ("basic ", "x://a:", "password=", "1234567 ", "Aa-", "%20", "basic+", "otpauth:"):
        redacted(part * 50_000)
    assert time.perf_counter() - began < 5


# --- Every page ----------------------------------------------------------------------------------


def hidden_in(page: str, name: str) -> str:
    found = re.search(rf'id="{name}">(\w{{20}})<wbr>(\w{{20}})<', page)
    assert found, name
    return "".join(found.groups())


def walk() -> set[str]:
    """Go through the pages that make, show or take secrets, and return those secrets."""
    cast = make_cast()
    known = {cast.secret, PASSWORD}
    client = Client(raise_request_exception=False)
    client.post(reverse("account_login"), {"login": cast.alice.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    base = f"/panel/{cast.account.pk}"
    form = {"name": "Billing", "lifetime": "1 week", "scopes": ["reports", "sms"]}
    made = client.post(f"{base}/applications/new/", form)
    known.add(hidden_in(made.text, "application-secret"))
    application = cast.account.applications.latest("pk")
    current = application.secrets.get().pk
    address = f"{base}/applications/{application.application_id}/danger/reset/"
    reset = client.post(address, {"overlap": "24 hours", "current": current}, follow=True)
    known |= set(re.findall(r"[0-9a-f]{40}", reset.text.replace("<wbr>", ""))) - {application.application_id}
    key = client.post(f"{base}/api-keys/new/", {"name": "CRM", "reach": "chosen", "scopes": ["sms"]})
    known |= set(re.findall(r"\b[0-9a-f]{40}\b", key.text.replace("<wbr>", "")))
    known |= set_up_second_factor(client)
    known |= programs(cast.secret, cast.application.application_id)
    known |= forgotten(cast.alice.email)
    for name in ("mfa_index", "mfa_list_webauthn", "mfa_add_webauthn"):
        client.get(reverse(name))
    for page in ("applications/", "api-keys/", "allowed-ips/", f"applications/{application.application_id}/"):
        client.get(f"{base}/{page}")
    known |= {cookie.value for cookie in client.cookies.values() if len(cookie.value) >= 32}
    assert application.secrets.exclude(pk=current).exists()
    assert APIKey.objects.exists()
    assert AccessToken.objects.exists()
    return known - {""}


def set_up_second_factor(client: Client) -> set[str]:
    page = client.get(reverse("mfa_activate_totp"))
    seed = page.context["form"].secret
    client.post(reverse("mfa_activate_totp"), {"code": f"{hotp_value(seed, int(time.time()) // 30):06d}"})
    codes = Authenticator.objects.get(type=Authenticator.Type.RECOVERY_CODES)
    client.get(reverse("mfa_view_recovery_codes"))
    client.get(reverse("mfa_download_recovery_codes"))
    return {seed, "otpauth://", *RecoveryCodes(codes).get_unused_codes()}


def programs(secret: str, client_id: str) -> set[str]:
    client = Client(raise_request_exception=False)
    credentials = basic(client_id, secret)
    token = post(client, "/oauth/token", credentials, grant_type="client_credentials").json()["access_token"]
    wrong = secrets.token_hex(20)
    for path in (
        "/oauth/token",
        f"/oauth/verify?access_token={token}",
        f"/account?x%3D{token}",
        f"/x%3D{token}",
    ):
        client.get(path, headers={"Authorization": f"Bearer {token}"})
        client.post(path, {"client_secret": wrong}, headers={"Authorization": basic(client_id, wrong)})
    return {token, wrong, credentials.split()[1]}


def forgotten(email: str) -> set[str]:
    client = Client(raise_request_exception=False)
    client.post(reverse("account_reset_password"), {"email": email})
    [link] = re.findall(r"https?://\S+/new-password/\S+", str(mail.outbox[-1].body))
    path = link.removeprefix(settings.PUBLIC_URL)
    client.get(path, follow=True)
    client.get(f"{path}nothing-here/", headers={"Host": "unknown.example"})
    return {path.rstrip("/").rsplit("-", 1)[1]}


def written(logged: Callable[[], set[str]], level: str = "DEBUG") -> tuple[set[str], str]:
    """Run something with all logs of `level` going through the product's own formatter, every traceback too."""
    stream = io.StringIO()
    setting = logging_to(level)
    setting["handlers"]["standard_error"]["stream"] = stream
    logging.config.dictConfig(setting)
    connection.force_debug_cursor = True
    try:
        with patch.object(TracebackOncePerMinute, "_is_first", return_value=True):
            return logged(), stream.getvalue()
    finally:
        connection.force_debug_cursor = False
        logging.config.dictConfig(settings.LOGGING)


def test_no_page_writes_a_secret_at_debug(db: None) -> None:
    known, log = written(walk)
    assert len(known) > 15
    assert [json.loads(line) for line in log.splitlines()] != []
    assert [secret for secret in known if secret in log] == []


def test_and_this_test_would_see_one(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the redaction and the limits of two loggers, the same walk finds many of them in the log."""

    def as_it_is(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
        return {name: str(value) for name, value in event.items()}

    monkeypatch.setattr(config.logging, "without_credentials", as_it_is)
    monkeypatch.setattr(config.logging, "NEVER_AT_DEBUG", ())
    known, log = written(walk)
    assert len([secret for secret in known if secret in log]) > 4


def test_the_redaction_alone_hides_the_contexts_of_templates(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever library writes like these at a level that is not limited, its secrets stay hidden."""
    monkeypatch.setattr(config.logging, "NEVER_AT_DEBUG", ())
    known, log = written(walk)
    assert [secret for secret in known if secret in log] == []
