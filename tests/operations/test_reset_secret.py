"""Resetting a secret again while an older one still works: it stops only if the caller chose that."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils.timezone import now

from applications.models import Application, ApplicationSecret, AuditEvent
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.secrets import OlderSecretWorks, reset_secret
from applications.operations.usage import flush, record_address_use
from applications.rules.networks import parse_address
from tests.factories import make_account, make_application

MORNING = datetime.fromisoformat("2026-11-26T09:00:00+00:00")


@pytest.fixture
def application(db: None) -> Application:
    return make_application(make_account())[0]


def reset(application: Application, overlap: Overlap = Overlap.DAY, **more: Any) -> str:
    return reset_secret(application=application, overlap=overlap, actor=OPERATOR, **more)


def ends(application: Application) -> list[datetime | None]:
    """When each secret stops, in the order in which they were made."""
    return list(application.secrets.order_by("pk").values_list("expires_at", flat=True))


@pytest.mark.parametrize("second", Overlap)
def test_a_second_reset_names_what_it_would_stop_and_changes_nothing(
    application: Application, second: Overlap
) -> None:
    with time_machine.travel(MORNING, tick=False):
        first = application.secrets.get()
        reset(application, Overlap.WEEK)
        application.secrets.filter(pk=first.pk).update(
            last_used_at=MORNING - timedelta(minutes=3), last_used_ip="203.0.113.7"
        )
        before, rows = ends(application), AuditEvent.objects.count()
        with pytest.raises(OlderSecretWorks) as refused:
            reset(application, second)
    assert refused.value.message == (
        f"An older secret, ending in {first.hint}, works until 2026-12-03 09:00:00 UTC (it was last used"
        " 2026-11-26 08:57:00 UTC from 203.0.113.7). A reset would stop it now."
    )
    assert refused.value.secrets == [first]
    assert (ends(application), AuditEvent.objects.count()) == (before, rows)


def test_it_says_from_how_many_addresses_when_there_are_several(application: Application) -> None:
    first = application.secrets.get()
    reset(application, Overlap.WEEK)
    application.secrets.filter(pk=first.pk).update(last_used_at=now(), last_used_ip="203.0.113.7")
    for number in range(4):
        record_address_use(
            "application",
            application.pk,
            parse_address(f"203.0.113.{number}"),
            secret_digest=bytes(first.digest),
        )
    flush()
    with pytest.raises(
        OlderSecretWorks, match=r"from 203\.0\.113\.7, in the last 30 days from 4 addresses\)"
    ):
        reset(application)


def test_chosen_the_older_one_stops_and_the_audit_row_says_so(application: Application) -> None:
    first = application.secrets.get()
    reset(application, Overlap.WEEK)
    reset(application, Overlap.HOUR, end_older=[first.pk])
    first.refresh_from_db()
    assert first.expires_at is not None
    assert first.expires_at <= now()
    assert application.secrets.working().count() == 2
    event = AuditEvent.objects.filter(action="secret:reset").first()
    assert event is not None
    assert event.details["ended"] == [first.hint]


def test_another_than_the_chosen_one_does_not_stop(application: Application) -> None:
    """The choice was made about the first secret; by now it has ended, and the second one is the older."""
    first = application.secrets.get()
    reset(application, Overlap.HOUR)
    second = application.secrets.get(expires_at=None)
    reset(application, Overlap.WEEK, end_older=[first.pk])
    with pytest.raises(OlderSecretWorks) as refused:
        reset(application, end_older=[first.pk])
    assert refused.value.secrets == [second]
    assert second in application.secrets.working()


def test_once_the_overlap_is_over_nothing_is_asked(application: Application) -> None:
    reset(application, Overlap.HOUR)
    ApplicationSecret.objects.filter(expires_at__gt=now()).update(expires_at=now())
    reset(application)
    assert application.secrets.working().count() == 2
