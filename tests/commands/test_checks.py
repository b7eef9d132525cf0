"""`check --deploy` says what a production set-up lacks."""

from typing import Any

import pytest
from django.core import checks
from pytest_django import Settings

GOOD: dict[str, Any] = {
    "PUBLIC_URL": "https://latchkey.example",
    "HTTPS": True,
    "ALLOWED_HOSTS": ["latchkey.example"],
    "TRUSTED_PROXIES": ["10.0.0.0/8"],
    "POSTGRESQL": True,
    "RATES": {"BACKEND": "django.core.cache.backends.redis.RedisCache"},
    "ENCRYPTION_KEYS": ["k" * 32],
    "MAILERS": {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend"}},
}


def found(settings: Settings, **changes: Any) -> dict[str, str]:
    for name, value in {**GOOD, **changes}.items():
        setattr(settings, name, value)
    messages = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
    return {str(message.id): message.msg for message in messages if str(message.id).startswith("latchkey.")}


def test_a_good_set_up_lacks_nothing(settings: Settings) -> None:
    assert found(settings) == {}
    assert found(settings, ALLOWED_HOSTS=[".example"]) == {}


@pytest.mark.parametrize(
    ("changes", "number", "words"),
    [
        ({"HTTPS": False}, 2, "not https"),
        ({"ALLOWED_HOSTS": ["*"]}, 3, "takes any Host"),
        ({"ALLOWED_HOSTS": ["localhost"]}, 3, "lacks the host of PUBLIC_URL, latchkey.example"),
        ({"TRUSTED_PROXIES": []}, 4, "TRUSTED_PROXIES is empty"),
        ({"POSTGRESQL": False}, 5, "SQLite"),
        ({"RATES": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}}, 6, "CACHE_URL is not set"),
        ({"ENCRYPTION_KEYS": ["k" * 32, "short"]}, 7, "shorter than 32"),
        (
            {"MAILERS": {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}},
            8,
            "Set MAIL_URL",
        ),
    ],
)
def test_each_thing_that_is_missing(settings: Settings, changes: Any, number: int, words: str) -> None:
    said = found(settings, **changes)
    assert list(said) == [f"latchkey.W{number:03}"]
    assert words in said[f"latchkey.W{number:03}"]


def test_what_follows_from_http_is_said_once() -> None:
    """Django would say of each cookie and header what latchkey.W002 says of PUBLIC_URL."""
    messages = checks.run_checks(tags=[checks.Tags.security], include_deployment_checks=True)
    said = {str(message.id) for message in messages if not message.is_silenced()}
    assert "latchkey.W002" in said
    assert not said & {"security.W004", "security.W008", "security.W012", "security.W016"}
