"""How often a secret was used in the last hour."""

from datetime import UTC, datetime, timedelta

import pytest

from applications.models import Application, ApplicationSecret, SecretUse
from applications.models.secret_use import SLOTS, SPAN, add_secret_uses, slot_of
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.secrets import reset_secret
from applications.operations.usage import flush, record_address_use
from applications.rules.networks import parse_address
from tests.factories import make_account, make_application

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def application() -> Application:
    return make_application(make_account())[0]


@pytest.fixture
def secret(application: Application) -> ApplicationSecret:
    return application.secrets.get()


def used(secret: ApplicationSecret, minutes: float, count: int = 1) -> None:
    """`count` uses, so many minutes after noon."""
    add_secret_uses({secret.pk: count}, NOON + minutes * MINUTE)


def calls(secret: ApplicationSecret, minutes: float) -> int:
    moment = NOON + minutes * MINUTE
    return SecretUse.objects.of_the_last_hour([secret.pk], moment).get(secret.pk, 0)


def test_uses_of_one_span_are_added_and_of_the_next_kept_apart(secret: ApplicationSecret) -> None:
    used(secret, 0, 3)
    used(secret, 4.9, 4)
    used(secret, 5, 5)
    assert sorted(SecretUse.objects.values_list("count", flat=True)) == [5, 7]
    assert calls(secret, 6) == 12


@pytest.mark.parametrize(
    ("minutes", "expected"), [(0, 1), (59, 1), (60, 1), (64.9, 1), (65, 0), (24 * 60, 0)]
)
def test_what_is_an_hour_ago_counts_no_more(secret: ApplicationSecret, minutes: float, expected: int) -> None:
    used(secret, 0)
    assert calls(secret, minutes) == expected


def test_a_secret_has_few_rows_however_long_it_is_used(secret: ApplicationSecret) -> None:
    for span in range(3 * SLOTS):
        used(secret, 5 * span, 2)
    assert SecretUse.objects.count() == SLOTS
    assert calls(secret, 5 * (3 * SLOTS - 1)) == 2 * SLOTS


def test_slots_follow_one_another_and_begin_on_the_span() -> None:
    first, began = slot_of(NOON + 7 * MINUTE)
    assert began == NOON + SPAN
    assert slot_of(began + SPAN) == ((first + 1) % SLOTS, began + SPAN)
    assert slot_of(began + SLOTS * SPAN)[0] == first


def test_the_secret_that_was_sent_is_counted(application: Application, secret: ApplicationSecret) -> None:
    reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    new = application.secrets.get(expires_at=None)
    for one, ip, times in ((secret, "192.0.2.1", 2), (secret, "192.0.2.2", 1), (new, "192.0.2.1", 4)):
        for _time in range(times):
            record_address_use(
                "application", application.pk, parse_address(ip), secret_digest=bytes(one.digest)
            )
    record_address_use("application", application.pk, parse_address("192.0.2.1"), purpose=("sms",))
    flush()
    found = SecretUse.objects.of_the_last_hour([secret.pk, new.pk], datetime.now(UTC))
    assert found == {secret.pk: 3, new.pk: 4}
