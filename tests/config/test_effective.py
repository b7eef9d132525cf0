"""The settings are told at the start, and nothing of them that opens anything."""

import json
import logging
from typing import Any

import pytest
from pytest_django import Settings

from config.effective import announce, told
from config.environment import Environment

SECRET = "correct-horse-7"


def announced(read: dict[str, Any]) -> dict[str, Any]:
    lines: list[str] = []
    announce(read, lines.append)
    (line,) = lines
    found: dict[str, Any] = json.loads(line)
    return found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", SECRET),
        ("SECRET_KEY_FALLBACKS", [SECRET]),
        ("ENCRYPTION_KEYS", [SECRET, SECRET]),
        ("LATCHKEY_OWNER_PASSWORD", SECRET),
        ("DATABASE_URL", f"postgres://latchkey:{SECRET}@db:5432/latchkey"),
        ("DATABASE_URL", f"postgres://{SECRET}@db/latchkey"),
        ("DATABASE_URL", f"postgres://latchkey:a@b/{SECRET}@db/latchkey"),
        ("DATABASE_URL", f"postgres://db/latchkey?user=a&password={SECRET}"),
        ("CACHE_URL", f"redis://:{SECRET}@one:6379,redis://:{SECRET}@two:6379/0"),
        ("MAIL_URL", f"smtp+tls://latchkey:{SECRET}@mail.example:587"),
        ("WEBHOOK_BROKER_URL", f"amqp://latchkey:{SECRET}@broker/"),
        ("ANYTHING", f"password={SECRET}"),
    ],
)
@pytest.mark.parametrize("way", [str, "parsed"])
def test_no_secret_is_told(name: str, value: Any, way: object, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = Environment()
    if way == "parsed" and name.endswith("_URL"):
        value = environment.get_value("NOT_SET", default=value, cast=None, parse_default=True)
        from urllib.parse import urlparse

        value = urlparse(value)
    assert SECRET not in json.dumps(told(name, value))


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("SECRET_KEY", SECRET, "set"),
        ("SECRET_KEY_FALLBACKS", [], "not set"),
        (
            "DATABASE_URL",
            "postgres://latchkey:a@db:5432/latchkey?sslmode=require",
            "postgres://db:5432/latchkey",
        ),
        ("DATABASE_URL", "sqlite:////var/lib/latchkey.sqlite3", "sqlite:////var/lib/latchkey.sqlite3"),
        ("ALLOWED_HOSTS", ["a.example", "b.example"], ["a.example", "b.example"]),
        ("RATE_LIMIT", 600, 600),
        ("TOKEN_KEEP_DAYS", 30, 30),
        ("DEBUG", False, False),
        ("PASSWORD_RESET_HOURS", 24, 24),
        ("TRUSTED_PROXIES", "10.0.0.0/8", "10.0.0.0/8"),
    ],
)
def test_the_rest_is_told_as_it_is(name: str, value: Any, shown: Any) -> None:
    assert told(name, value) == shown


def test_every_setting_is_told_with_its_default(db: None, settings: Settings) -> None:
    line = announced(settings.SETTINGS_READ)
    assert line["settings"]["RATE_LIMIT"] == 600
    assert line["settings"]["SECRET_KEY"] == "set"
    assert len(line["settings"]) > 30


def test_what_was_set_is_told_and_not_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RATE_LIMIT", "7")
    environment = Environment()
    assert environment.int("RATE_LIMIT", 600) == 7
    assert environment.bool("DEBUG", False) is False
    assert environment.read == {"RATE_LIMIT": 7, "DEBUG": False}


def test_warnings_about_the_settings_are_logged(
    db: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CALLBACK_INSECURE = True
    settings.SILENCED_SYSTEM_CHECKS = ["security.W004"]
    with caplog.at_level(logging.WARNING, "config.effective"):
        announced({})
    said = [record.getMessage() for record in caplog.records if record.name == "config.effective"]
    assert any(message.startswith("latchkey.W001: CALLBACK_INSECURE is on") for message in said)
    assert not any("security.W004" in message for message in said)


@pytest.mark.parametrize(
    ("text", "networks"),
    [("", []), ("10.0.0.0/8, ::1", ["10.0.0.0/8", "::1/128"]), ("192.0.2.7,", ["192.0.2.7/32"])],
)
def test_networks_are_read(text: str, networks: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("METRICS_ALLOWED", text)
    assert Environment().networks("METRICS_ALLOWED", "127.0.0.0/8") == networks


@pytest.mark.parametrize("text", ["everyone", "10.0.0.1/8", "10.0.0.0/33"])
def test_a_wrong_network_stops_the_start(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("METRICS_ALLOWED", text)
    with pytest.raises(SystemExit):
        Environment().networks("METRICS_ALLOWED")
    assert text in capsys.readouterr().err
