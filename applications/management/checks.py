"""What `manage.py check --deploy` says a production set-up lacks, beside Django's own checks."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.http.request import validate_host

SHORTEST_KEY = 32  # characters


@checks.register(checks.Tags.security, deploy=True)
def addresses(**_options: Any) -> list[checks.CheckMessage]:
    """Look at where people and clients reach this server."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    found = []
    if not settings.HTTPS:
        found.append(_lacks(2, "PUBLIC_URL is not https://, so secrets go over the net in the clear."))
    if "*" in settings.ALLOWED_HOSTS:
        found.append(_lacks(3, f"ALLOWED_HOSTS takes any Host. Name that of PUBLIC_URL, {host}."))
    elif not validate_host(host, settings.ALLOWED_HOSTS):
        found.append(
            _lacks(3, f"ALLOWED_HOSTS lacks the host of PUBLIC_URL, {host}: its requests are refused.")
        )
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        message = "TRUSTED_PROXIES is empty: nothing that comes through a proxy counts as https, nor as its client's."
        found.append(_lacks(4, message))
    return found


@checks.register(checks.Tags.security, deploy=True)
def stores(**_options: Any) -> list[checks.CheckMessage]:
    """Look at where things are kept, and by which keys."""
    found = []
    if not settings.POSTGRESQL:
        found.append(
            _lacks(5, "The database is SQLite, a file of one machine. Set DATABASE_URL to a PostgreSQL.")
        )
    if settings.RATES["BACKEND"].endswith("DatabaseCache"):
        message = "CACHE_URL is not set: requests of the API are counted in the database. Set it to a Redis or Valkey."
        found.append(_lacks(6, message))
    if any(len(key) < SHORTEST_KEY for key in settings.ENCRYPTION_KEYS):
        message = (
            f"An entry of ENCRYPTION_KEYS is shorter than {SHORTEST_KEY} characters, so it can be guessed."
        )
        found.append(_lacks(7, message))
    return found


@checks.register(checks.Tags.security, deploy=True)
def mail(**_options: Any) -> list[checks.CheckMessage]:
    """Look at where mails go."""
    if settings.MAILERS["default"]["BACKEND"].endswith("smtp.EmailBackend"):
        return []
    return [_lacks(8, "Mails are written to the log, and people get none. Set MAIL_URL.")]


def _lacks(number: int, message: str) -> checks.CheckMessage:
    return checks.Warning(message, id=f"latchkey.W{number:03}")
