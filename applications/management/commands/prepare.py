"""Brings a server to the point where it can serve: tables, files and, for `./run`, a first account."""

import fcntl
import hashlib
import json
import os
import secrets
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from applications.management.migrating import bring_up_to_date
from applications.models import Account, AuditEvent, User
from applications.operations.accounts import create_account
from applications.operations.actors import OPERATOR
from applications.rules.emails import EmailAddress
from applications.rules.exit_codes import ExitCode
from applications.rules.names import Name, ProperName
from applications.rules.time_zones import TimeZone

ACCOUNT = "Demo"
OWNER = "owner@demo.example"

SIGN_IN = """
Latchkey: {url}/panel/

  Email     {email}
  Password  {password}

Create an application there, then ask for a token with its ID and secret:

  curl -u APPLICATION_ID:APPLICATION_SECRET -d grant_type=client_credentials {url}/oauth/token

Ctrl-C ends it.
"""

NO_ACCOUNT = """
Latchkey: {url}/panel/

There is no account yet. Make one with its owner:

  ./run manage create_account NAME --owner EMAIL
"""


class Command(BaseCommand):
    """`prepare`: safe to run at any time, by several at once, and again after it was cut off."""

    help = "Applies migrations and collects static files, as far as they are due."
    # A start would wait for them each time; `./run check` runs them.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--demo",
            nargs="?",
            const="asked",
            choices=["asked", "fresh"],
            help=f'Where there is no account yet, make "{ACCOUNT}" with its owner; print how to sign in. Only in the'
            " SQLite file of this machine, never where DATABASE_URL is set. --demo=fresh: where that file is new.",
        )

    def handle(self, *_arguments: Any, demo: str | None, **_options: Any) -> None:
        if demo == "asked" and not settings.OWN_SQLITE:
            raise CommandError(
                "There is no demo account where DATABASE_URL is set. Make an account with create_account.",
                returncode=ExitCode.SETTINGS,
            )
        settings.VAR_DIR.mkdir(mode=0o700, exist_ok=True)
        with _in_turn():
            bring_up_to_date()
            _collect_static_files()
            if demo and _may_have_demo(demo):
                _create_demo_account()
        if demo:
            self.stdout.write(_sign_in())


def _may_have_demo(demo: str) -> bool:
    """Whether the demo account is made: in this machine's own file, where nobody has made an account yet."""
    if not settings.OWN_SQLITE or Account.objects.exists():
        return False
    return demo == "asked" or not (User.objects.exists() or AuditEvent.objects.exists())


def _sign_in() -> str:
    """Return what to do first: how to sign in, or how to make an account."""
    if User.objects.filter(email=OWNER).exists():
        return SIGN_IN.format(url=settings.PUBLIC_URL, email=OWNER, password=_password())
    if Account.objects.exists():
        return f"\nLatchkey: {settings.PUBLIC_URL}/panel/\n"
    return NO_ACCOUNT.format(url=settings.PUBLIC_URL)


@contextmanager
def _in_turn() -> Iterator[None]:
    """Hold the others of this machine off; the lock goes with the process, however it ends."""
    with (settings.VAR_DIR / "prepare.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _collect_static_files() -> None:
    """Collect when a file was added, changed or removed since; the note of it is written last."""
    note = settings.VAR_DIR / "static.fingerprint"
    fingerprint = _fingerprint()
    manifest = Path(settings.STATIC_ROOT, "staticfiles.json")
    if manifest.exists() and note.exists() and note.read_text() == fingerprint:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    note.write_text(fingerprint)


def _fingerprint() -> str:
    files = [
        (name, *os.stat(storage.path(name))[6:9:2])  # size and time of change
        for finder in get_finders()
        for name, storage in finder.list([])
    ]
    destination = [str(settings.STATIC_ROOT), settings.STORAGES["staticfiles"]["BACKEND"]]
    return hashlib.sha256(json.dumps([destination, sorted(files)]).encode()).hexdigest()


def _create_demo_account() -> None:
    password = os.environ.get("LATCHKEY_OWNER_PASSWORD") or _generate_password()
    create_account(
        name=ProperName(ACCOUNT),
        timezone=TimeZone("UTC"),
        owner_email=EmailAddress(OWNER),
        owner_name=Name("Demo owner"),
        owner_password=password,
        actor=OPERATOR,
    )


def _generate_password() -> str:
    """Return a new password, kept in a file that only its owner reads, for the next start to print."""
    password = secrets.token_urlsafe(12)
    path = _password_file()
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        file.write(password)
    return password


def _password() -> str:
    """Return the demo owner's password while it is the generated one, else where it came from."""
    owner = User.objects.get(email=OWNER)
    path = _password_file()
    if path.exists() and owner.check_password(generated := path.read_text()):
        return generated
    return "(the one you chose)"


def _password_file() -> Path:
    return settings.VAR_DIR / "owner_password"
