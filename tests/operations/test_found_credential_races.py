"""Found credentials reported while others act, with real threads on PostgreSQL."""

import time
import uuid
from functools import partial

import pytest

from applications.models import AccessToken, Application, AuditEvent, FoundCredential
from applications.models.audit import Action
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.audit_checks import check_chains
from applications.operations.clients import InvalidClient
from applications.operations.secrets import reset_secret
from applications.operations.tokens import issue_token
from tests.factories import make_account, make_application
from tests.operations.test_found_credentials import report
from tests.operations.test_races import HERE, at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def issue_until_refused(application: Application, secret: str) -> bool:
    """Issue until the secret has ended; return whether it has, within 20 s."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            issue_token(
                client_id=application.application_id,
                secret=secret,
                scopes=None,
                address=HERE,
                request_id=str(uuid.uuid4()),
            )
        except InvalidClient:
            return True
    return False


def test_no_token_survives_that_was_issued_meanwhile() -> None:
    application, secret = make_application(make_account("Demo"))
    *refused, _reported = at_once(
        partial(issue_until_refused, application, secret),
        partial(issue_until_refused, application, secret),
        partial(report, secret),
    )
    assert refused == [True, True]
    assert not AccessToken.objects.live().exists()


def test_one_credential_reported_by_two_at_once_ends_once() -> None:
    _application, secret = make_application(make_account("Demo"))
    at_once(*[partial(report, secret) for _number in range(4)])
    assert FoundCredential.objects.count() == 1
    assert AuditEvent.objects.filter(action=Action.CREDENTIAL_FOUND).count() == 1


def test_reports_over_the_same_accounts_do_not_stop_each_other() -> None:
    accounts = [make_account(f"Demo {number}", f"owner{number}@demo.example") for number in range(3)]
    secrets = [[make_application(account)[1] for account in accounts] for _number in range(4)]
    at_once(*[partial(report, *each[:: 1 if number % 2 else -1]) for number, each in enumerate(secrets)])
    assert FoundCredential.objects.count() == 12
    assert check_chains().breaks == []


def test_a_report_and_a_reset_leave_one_current_secret() -> None:
    application, secret = make_application(make_account("Demo"))
    reset = partial(reset_secret, application=application, overlap=Overlap.DAY, actor=OPERATOR)
    new, _none = at_once(reset, partial(report, secret))
    assert isinstance(new, str)
    current = application.secrets.get(expires_at=None)
    assert current.hint == new[-4:], "whichever came first, the reset made the current one"
    assert [each.hint for each in application.secrets.working()] == [new[-4:]]
