"""Counting from which addresses good credentials are used."""

import uuid
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, InterfaceError
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from applications.models import AddressUse, Application
from applications.models.secrets import Overlap
from applications.operations import address_use, usage, usage_gathered
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.operations.applications import delete_application
from applications.operations.clients import look_up_token
from applications.operations.secrets import reset_secret
from applications.operations.tokens import issue_token
from applications.operations.usage import flush, record_address_use, recorder
from applications.rules.names import Name
from applications.rules.networks import parse_address
from tests.factories import make_account, make_application


@pytest.fixture
def application(db: None) -> Application:
    return make_application(make_account())[0]


def saw(application: Application, ip: str, times: int = 1) -> None:
    for _time in range(times):
        record_address_use("application", application.pk, parse_address(ip))


def stored(application: Application) -> dict[str, int]:
    return dict(AddressUse.objects.filter(application=application).values_list("ip", "count"))


def test_uses_are_counted_per_address_and_day(application: Application) -> None:
    saw(application, "203.0.113.7", 3)
    saw(application, "::ffff:203.0.113.7")
    saw(application, "2001:db8::7", 2)
    flush()
    assert stored(application) == {"203.0.113.7": 4, "2001:db8::7": 2}
    saw(application, "203.0.113.7")
    flush()
    assert stored(application) == {"203.0.113.7": 5, "2001:db8::7": 2}
    row = AddressUse.objects.get(ip="203.0.113.7")
    assert row.day == now().date()
    assert now() - row.last_at < timedelta(seconds=10)


def test_a_new_day_begins_a_new_row(application: Application) -> None:
    saw(application, "203.0.113.7")
    flush()
    AddressUse.objects.update(day=now().date() - timedelta(days=1))
    saw(application, "203.0.113.7", 2)
    flush()
    assert list(AddressUse.objects.order_by("day").values_list("count", flat=True)) == [1, 2]


def test_api_keys_are_counted_apart(application: Application) -> None:
    key, _value = create_api_key(account=application.account, name=Name(""), scopes=None, actor=OPERATOR)
    record_address_use("api_key", key.pk, parse_address("203.0.113.7"))
    saw(application, "203.0.113.7", 2)
    flush()
    rows = {(row.application_id, row.api_key_id, row.count) for row in AddressUse.objects.all()}
    assert rows == {(application.pk, None, 2), (None, key.pk, 1)}


def test_secrets_are_counted_apart_and_with_their_application(application: Application) -> None:
    first = application.secrets.get()
    reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    second = application.secrets.get(expires_at=None)
    for secret, ip, times in (
        (first, "203.0.113.7", 3),
        (second, "203.0.113.7", 1),
        (second, "2001:db8::7", 2),
    ):
        for _time in range(times):
            record_address_use(
                "application", application.pk, parse_address(ip), secret_digest=bytes(secret.digest)
            )
    saw(application, "203.0.113.7", 5)  # by its tokens
    for _turn in range(2):
        flush()
        record_address_use(
            "application", application.pk, parse_address("203.0.113.7"), secret_digest=bytes(first.digest)
        )
    flush()
    per_secret = {row[:3] for row in AddressUse.objects.recent().per_secret()}
    assert per_secret == {
        (first.pk, "203.0.113.7", 5),
        (second.pk, "203.0.113.7", 1),
        (second.pk, "2001:db8::7", 2),
    }
    per_address = {row[:4] for row in AddressUse.objects.recent().per_address()}
    assert per_address == {
        (application.pk, None, "203.0.113.7", 11),
        (application.pk, None, "2001:db8::7", 2),
    }
    delete_application(application=application, actor=OPERATOR)
    assert not AddressUse.objects.exists()


def test_the_secret_that_was_sent_is_the_one_counted(
    application: Application, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """At issue and at introspection; issuing stays one statement once "last used" is written."""
    old = reset_secret(application=application, overlap=Overlap.NOW, actor=OPERATOR)
    new = reset_secret(application=application, overlap=Overlap.HOUR, actor=OPERATOR)
    address = parse_address("203.0.113.7")
    for value, times in ((old, 3), (new, 2)):
        for turn in range(times):
            with django_assert_max_num_queries(1 if turn else 3):
                token = issue_token(
                    client_id=application.application_id,
                    secret=value,
                    scopes=None,
                    address=address,
                    request_id=str(uuid.uuid4()),
                )
    look_up_token(
        client_id=application.application_id,
        secret=new,
        token=token.value,
        address=parse_address("2001:db8::7"),
        request_id=str(uuid.uuid4()),
    )
    flush()
    _first, older, current = application.secrets.order_by("pk")
    assert {row[:3] for row in AddressUse.objects.recent().per_secret()} == {
        (older.pk, "203.0.113.7", 3),
        (current.pk, "203.0.113.7", 2),
        (current.pk, "2001:db8::7", 1),
    }


def test_a_secrets_use_is_its_applications(application: Application) -> None:
    with pytest.raises(DatabaseError, match="address_of_a_secret_is_of_its_application"):
        AddressUse.objects.create(
            api_key=create_api_key(account=application.account, name=Name(""), scopes=None, actor=OPERATOR)[
                0
            ],
            secret=application.secrets.get(),
            ip="203.0.113.7",
            day=now().date(),
            last_at=now(),
        )


def test_an_address_that_databases_write_differently_is_one(application: Application) -> None:
    for _turn in range(2):
        saw(application, "::c000:207")  # PostgreSQL shows it as ::192.0.2.7
        flush()
    assert AddressUse.objects.get().count == 2


def test_what_was_deleted_meanwhile_is_left_out(application: Application) -> None:
    other = make_application(application.account)[0]
    saw(application, "203.0.113.7")
    saw(other, "203.0.113.8")
    delete_application(application=other, actor=OPERATOR)
    flush()
    assert stored(application) == {"203.0.113.7": 1}
    assert AddressUse.objects.count() == 1


def test_many_take_as_many_statements_as_one(
    application: Application, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    saw(application, "203.0.113.7")
    flush()
    saw(application, "203.0.113.7")
    with django_assert_max_num_queries(6) as one:
        flush()
    for number in range(200):
        saw(application, f"203.0.113.{number}", 1 + number % 3)
    with django_assert_max_num_queries(len(one)):
        flush()
    assert AddressUse.objects.count() == 200


def test_more_than_one_part_is_written_whole(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(address_use, "MAX_USES", 7)
    for number in range(50):
        saw(application, f"203.0.113.{number}", 2)
    flush()
    assert stored(application) == {f"203.0.113.{number}": 2 for number in range(50)}


def test_memory_is_bounded_and_known_addresses_go_on_being_counted(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage_gathered, "MAX_ADDRESSES", 3)
    for number in range(9):
        saw(application, f"203.0.113.{number}")
    saw(application, "203.0.113.0")
    flush()
    assert stored(application) == {"203.0.113.0": 2, "203.0.113.1": 1, "203.0.113.2": 1}


@pytest.mark.parametrize("error", [DatabaseError, InterfaceError])
def test_what_could_not_be_written_is_kept_and_written_once(
    application: Application, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fail(*_arguments: object, **_more: object) -> None:
        raise error("the store does not answer")

    saw(application, "203.0.113.7", 2)
    usage.record_event(application.pk, "issued")
    with monkeypatch.context() as patched:
        patched.setattr(address_use, "count_uses", fail)
        flush()
    assert stored(application) == {}
    saw(application, "203.0.113.7")
    flush()
    assert stored(application) == {"203.0.113.7": 3}
    assert application.daily_usage.get().count == 1, (
        "what was written before the failure is not written again"
    )


def test_old_days_are_swept_once_a_day(application: Application) -> None:
    today = now().date()
    for days in (0, 30, 31, 400):
        AddressUse.objects.create(
            application=application, ip="203.0.113.7", day=today - timedelta(days=days), last_at=now()
        )
    recorder.writer.swept = None
    saw(application, "203.0.113.9")
    flush()
    assert recorder.writer.swept == today
    kept = {(today - day).days for day in AddressUse.objects.values_list("day", flat=True)}
    assert kept == {0, 30}


def test_a_day_swept_is_not_swept_again(
    application: Application, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    recorder.writer.swept = now().date()
    saw(application, "203.0.113.7")
    with django_assert_max_num_queries(12) as statements:
        flush()
    assert not [query for query in statements.captured_queries if query["sql"].startswith("DELETE")]
    recorder.writer.swept = date(2020, 1, 1)


def test_no_use_takes_no_statement(db: None, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(0):
        flush()


def test_a_use_belongs_to_one_holder(application: Application) -> None:
    with pytest.raises(DatabaseError, match="address_used_by_one"):
        AddressUse.objects.create(ip="203.0.113.7", day=now().date(), last_at=now())
