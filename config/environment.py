"""Reading settings from the environment: a value that cannot be read ends the start with one sentence."""

import sys
import warnings
from collections.abc import Callable, MutableMapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import environ

from applications.rules.exit_codes import ExitCode
from config.end import end

# Each may be given as the name of a file that holds it, as containers and systemd hand secrets over: NAME_FILE.
SECRETS = (
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "ENCRYPTION_KEYS",
    "DATABASE_URL",
    "CACHE_URL",
    "MAIL_URL",
    "WEBHOOK_BROKER_URL",
    "LATCHKEY_OWNER_PASSWORD",
    "LATCHKEY_MEMBER_PASSWORD",
)


class Environment(environ.Env):  # type: ignore[misc]
    """The environment, whose values are what the settings need them to be, or the process ends.

    `read` has what each setting that was read came to, its default included (config/effective.py tells them).
    """

    def __init__(self) -> None:
        super().__init__()
        self.read: dict[str, Any] = {}

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        """Return the value of `var`. Its text is not repeated in the sentence: it may be a secret."""
        try:
            value = self.read[var] = super().get_value(var, *args, **kwargs)
        except (ValueError, TypeError, environ.ImproperlyConfigured):
            end(ExitCode.SETTINGS, f"{var} cannot be read. .env.example says what it may be.")
        return value

    def networks(self, var: str, default: str = "") -> list[str]:
        """Return networks, separated by commas."""
        texts = self.get_value(var, default=default).split(",")
        try:
            return [str(ip_network(text.strip())) for text in texts if text.strip()]
        except ValueError as error:
            end(
                ExitCode.SETTINGS,
                f"{var}: {error}. Name networks such as 10.0.0.0/8, separated by commas.",
            )

    def database(self, name: str, default: str) -> dict[str, Any]:
        """Return the setting of the database at an address, which is PostgreSQL or SQLite."""
        database = _parsed(self.db_url, name, default)
        engine = database.get("ENGINE", "")
        if not engine.endswith((".postgresql", ".sqlite3")) or not database.get("NAME"):
            end(
                ExitCode.SETTINGS,
                f"{name} is not the address of a PostgreSQL, such as postgres://user:password@host:5432/latchkey"
                " (or sqlite:////folder/file). Characters such as @ : / in the password are written %40 %3A %2F.",
            )
        return database

    def cache(self, name: str, default: str) -> dict[str, Any]:
        """Return the setting of the cache at an address."""
        return _parsed(self.cache_url, name, default) or end(
            ExitCode.SETTINGS, f"{name} is not the address of a cache, such as redis://host:6379/0."
        )

    def mail(self, name: str, default: str) -> dict[str, Any]:
        """Return the setting of the mail server at an address."""
        return _parsed(self.email_url, name, default) or end(
            ExitCode.SETTINGS,
            f"{name} is not the address of a server, such as smtp+tls://user:password@host:587.",
        )


def read_secret_files(environment: MutableMapping[str, str]) -> None:
    """Put what the files hold that NAME_FILE names into `environment` as NAME, less the end of its last line."""
    for name in SECRETS:
        if not (path := environment.get(f"{name}_FILE")):
            continue
        if environment.get(name):
            end(ExitCode.SETTINGS, f"Both {name} and {name}_FILE are set. Take one of them away.")
        try:
            environment[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text"
            end(ExitCode.SETTINGS, f"{name}_FILE: {path} cannot be read ({why}).")


def _parsed(read: Callable[[str, str], dict[str, Any]], name: str, default: str) -> dict[str, Any]:
    """Return what an address says; nothing when it is not one."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of a scheme that the library does not know: what follows is said here
        try:
            return read(name, default)
        except (ValueError, KeyError, environ.ImproperlyConfigured):
            return {}


def program() -> str:
    """Return what this process is, as the database's list of connections shows it: `latchkey purge`."""
    is_command = Path(sys.argv[0]).name == "manage.py" and len(sys.argv) > 1
    return f"latchkey {sys.argv[1]}"[:63] if is_command else "latchkey web"
