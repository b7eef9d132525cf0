"""What many tests begin with, stored once for those that run one after another."""

from collections.abc import Callable
from copy import deepcopy
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import transaction
from pytest_django import DjangoDbBlocker

from applications.models import Scope
from tests.cast import make_cast

type Make = Callable[[], Any]

# What makes the thing that the tests which ask for a fixture of this name share.
makers: dict[str, Make] = {"cast": make_cast}


class Shared:
    """One thing, made by one function in a transaction that stays open around those of the tests.

    Each test's own transaction is a savepoint in it, so the end of a test leaves the thing as it was made.
    """

    def __init__(self) -> None:
        self.make: Make | None = None
        self.made: Any = None
        self.around = transaction.atomic()
        self.blocker: DjangoDbBlocker | None = None  # of the database between tests, once there is one

    def begin(self, make: Make) -> None:
        """Store what `make` makes, unless that is done; to be called before a test's own transaction begins."""
        if self.make is not make:
            assert self.make is None, "end() comes first"
            assert self.blocker is not None
            with self.blocker.unblock():
                self.around = transaction.atomic()
                self.around.__enter__()
                seed_scopes()
                self.make, self.made = make, make()

    def end(self) -> None:
        """Take it out of the database, for tests that want none or another."""
        if self.make is not None and self.blocker is not None:
            with self.blocker.unblock():
                transaction.set_rollback(True)
                self.around.__exit__(None, None, None)
            self.make = self.made = None

    def copy(self, make: Make) -> Any:
        """Return what `make` makes: as it is stored already, in objects that a test may change, or made now."""
        return deepcopy(self.made) if self.make is make else make()


shared = Shared()


def shares(name: str, make: Make) -> Any:
    """Return the fixture `name`: what `make` makes, which the tests of a file share."""
    makers[name] = make

    @pytest.fixture(name=name)
    def copied(db: None) -> Any:
        return shared.copy(make)

    return copied


def seed_scopes() -> None:
    """Store the scopes that a migration seeds: a test with real transactions ends by emptying every table."""
    if not Scope.objects.exists():
        import_module("applications.migrations.0002_scopes").seed(apps, None)
