"""Secrets that were replaced: how long they work."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now

from applications.models import Application
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.clients import InvalidClient
from applications.operations.found_credentials import end_found_credentials
from applications.operations.revocations import revoke_before
from applications.operations.secrets import reset_secret, retire_secret
from applications.operations.tokens import issue_token
from applications.rules.found_credentials import FoundValue
from applications.rules.networks import parse_address
from tests.factories import make_account, make_application

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def works(application: Application, secret: str) -> bool:
    """Whether a token can be had with this secret."""
    try:
        issue_token(
            client_id=application.application_id,
            secret=secret,
            scopes=None,
            address=parse_address("127.0.0.1"),
            request_id="",
        )
    except InvalidClient:
        return False
    return True


def test_a_second_reset_ends_the_first_old_secret() -> None:
    application, first = make_application(make_account())
    second = reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    assert works(application, first)
    older = [secret.pk for secret in application.secrets.exclude(expires_at=None)]
    third = reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR, end_older=older)
    assert [works(application, secret) for secret in (first, second, third)] == [False, True, True]


def test_stopping_one_old_secret_leaves_the_others() -> None:
    account = make_account()
    mine, first = make_application(account)
    other, old = make_application(account, name="Another")
    second = reset_secret(application=mine, overlap=Overlap.HOUR, actor=OPERATOR)
    reset_secret(application=other, overlap=Overlap.HOUR, actor=OPERATOR)
    retire_secret(secret=mine.secrets.exclude(expires_at=None).get(), actor=OPERATOR)
    assert [works(mine, secret) for secret in (first, second)] == [False, True]
    assert works(other, old)


def stop_at_once(application: Application) -> None:
    reset_secret(application=application, overlap=Overlap.NOW, actor=OPERATOR)


def stop_an_older_one(application: Application) -> None:
    reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    retire_secret(secret=application.secrets.older().get(), actor=OPERATOR)


def reset_twice(application: Application) -> None:
    reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    older = [secret.pk for secret in application.secrets.older()]
    reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR, end_older=older)


def stop_older_than_now(application: Application) -> None:
    reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    revoke_before(moment=now(), secrets=True, keys=False, actor=OPERATOR)


def report_as_found(application: Application) -> None:
    found = [FoundValue(bytes(secret.digest), secret.hint) for secret in application.secrets.all()]
    end_found_credentials(found=found, actor=OPERATOR)


@pytest.mark.parametrize(
    "stop", [stop_at_once, stop_an_older_one, reset_twice, stop_older_than_now, report_as_found]
)
def test_what_was_stopped_works_by_no_clock(stop: Callable[[Application], None]) -> None:
    """Nor for a server whose clock is behind, nor for a request that came before and asks after."""
    application, secret = make_application(make_account())
    stop(application)
    with time_machine.travel(now() - HOUR, tick=False):
        assert not works(application, secret)
