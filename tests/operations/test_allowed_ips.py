"""Changing lists of allowed IPs: what is stored, what the frequent statements read, what the audit log says."""

import threading

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from applications.errors import DomainError, InvalidParam, NotFound
from applications.models import Account, AllowedIP, Application, AuditEvent
from applications.models.applications import Lifetime
from applications.models.audit import Action
from applications.operations.actors import OPERATOR
from applications.operations.allowed_ips import MAX_LINES, Line, change_allowed_ips
from applications.operations.applications import create_application, delete_application
from applications.rules.names import Name, Note
from applications.rules.networks import OPEN_ALLOWLIST, NetworkText
from tests.factories import make_account, make_application


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


def allowlist(thing: Account | Application) -> str:
    """What is stored, whatever `thing` remembers."""
    if isinstance(thing, Account):
        return Account.objects.get(pk=thing.pk).allowlist
    return Application.objects.get(pk=thing.pk).allowlist


def change(
    account: Account, application: Application | None = None, *add: str, remove: tuple[str, ...] = ()
) -> None:
    change_allowed_ips(
        account=account,
        application=application,
        add=[Line(NetworkText(network)) for network in add],
        remove=[NetworkText(network) for network in remove],
        actor=OPERATOR,
    )


def latest() -> AuditEvent:
    event = AuditEvent.objects.first()
    assert event is not None
    return event


def test_a_list_of_the_account_reaches_every_application_of_it(account: Account) -> None:
    one, two = make_application(account)[0], make_application(account)[0]
    elsewhere = make_application(make_account("Elsewhere", "charlie@elsewhere.example"))[0]
    change(account, one, "203.0.113.7")
    change(account, None, "198.51.100.0/24", "10.0.0.0/8")
    assert allowlist(account) == "10.0.0.0/8 198.51.100.0/24"
    assert allowlist(one) == "10.0.0.0/8 198.51.100.0/24|203.0.113.7/32"
    assert allowlist(two) == "10.0.0.0/8 198.51.100.0/24|"
    assert allowlist(elsewhere) == OPEN_ALLOWLIST
    change(account, None, remove=("10.0.0.0/8", "198.51.100.0/24"))
    assert (allowlist(account), allowlist(one), allowlist(two)) == ("", "|203.0.113.7/32", OPEN_ALLOWLIST)


def test_a_list_of_an_application_reaches_only_it(account: Account) -> None:
    one, two = make_application(account)[0], make_application(account)[0]
    change(account, one, "203.0.113.7", "2001:DB8::/32")
    assert (allowlist(account), allowlist(one), allowlist(two)) == (
        "",
        "|2001:db8::/32 203.0.113.7/32",
        OPEN_ALLOWLIST,
    )
    change(account, one, remove=("203.0.113.7",))
    assert allowlist(one) == "|2001:db8::/32"
    change(account, one, remove=("2001:db8::/32",))
    assert allowlist(one) == OPEN_ALLOWLIST


def test_a_new_application_stands_behind_the_accounts_list(account: Account) -> None:
    change(account, None, "198.51.100.0/24")
    application, _secret = make_application(account)
    assert application.allowlist == allowlist(application) == "198.51.100.0/24|"


def test_one_change_adds_and_removes_or_does_nothing(account: Account) -> None:
    change(account, None, "198.51.100.0/24", "192.0.2.1")
    change(account, None, "203.0.113.7", remove=("192.0.2.1/32",))
    assert allowlist(account) == "198.51.100.0/24 203.0.113.7/32"
    events = AuditEvent.objects.count()
    for add, remove in (
        ("192.0.2.9", "192.0.2.8"),
        ("198.51.100.0/24", "203.0.113.7"),
        ("nonsense", "203.0.113.7"),
    ):
        with pytest.raises(DomainError):
            change(account, None, add, remove=(remove,))
    assert allowlist(account) == "198.51.100.0/24 203.0.113.7/32"
    assert set(AllowedIP.objects.values_list("network", flat=True)) == {"198.51.100.0/24", "203.0.113.7/32"}
    assert AuditEvent.objects.count() == events


def test_a_network_moves_when_it_is_removed_and_added_at_once(account: Account) -> None:
    change(account, None, "192.0.2.1")
    change_allowed_ips(
        account=account,
        add=[Line(NetworkText("192.0.2.1"), Note("new note"))],
        remove=[NetworkText("192.0.2.1")],
        actor=OPERATOR,
    )
    assert AllowedIP.objects.get().note == "new note"


@pytest.mark.parametrize("text", ["192.0.2.1/24", "fe80::1%eth0", "::ffff:192.0.2.1", "", "example.com"])
def test_only_networks_are_taken(account: Account, text: str) -> None:
    with pytest.raises(InvalidParam) as refusal:
        change(account, None, text)
    assert refusal.value.param == "network"


def test_a_network_is_listed_once_and_removed_once(account: Account) -> None:
    change(account, None, "192.0.2.1", "192.0.2.1/32")
    assert AllowedIP.objects.count() == 1
    with pytest.raises(InvalidParam, match=r"192\.0\.2\.1 is on the list already"):
        change(account, None, "192.0.2.1")
    change(account, None, remove=("192.0.2.1",))
    with pytest.raises(NotFound, match=r"192\.0\.2\.1 is not on the list"):
        change(account, None, remove=("192.0.2.1",))


def test_the_same_network_may_be_on_both_lists(account: Account) -> None:
    application, _secret = make_application(account)
    change(account, None, "192.0.2.1")
    change(account, application, "192.0.2.1")
    assert allowlist(application) == "192.0.2.1/32|192.0.2.1/32"
    change(account, None, remove=("192.0.2.1",))
    assert allowlist(application) == "|192.0.2.1/32"


def test_a_list_has_an_end(account: Account) -> None:
    change(account, None, *(f"10.0.{number}.0/24" for number in range(MAX_LINES)))
    with pytest.raises(InvalidParam, match=f"at most {MAX_LINES} lines"):
        change(account, None, "192.0.2.1")
    change(account, None, "192.0.2.1", remove=("10.0.0.0/24",))


def test_the_audit_log_says_what_changed_on_which_list(account: Account) -> None:
    application, _secret = make_application(account)
    change(account, None, "198.51.100.0/24")
    event = latest()
    assert (event.action, event.application_id, event.target) == (
        Action.ALLOWED_IPS_CHANGED,
        "",
        "Marlowe Logistics",
    )
    assert event.details == {"added": ["198.51.100.0/24"], "removed": []}
    change(account, application, "192.0.2.1")
    change(account, application, "192.0.2.2", remove=("192.0.2.1",))
    event = latest()
    assert (event.application_id, event.target) == (application.application_id, "Order notifications")
    assert event.details == {"added": ["192.0.2.2/32"], "removed": ["192.0.2.1/32"]}


def test_a_deleted_application_has_no_list(account: Account) -> None:
    application, _secret = make_application(account)
    change(account, application, "192.0.2.1")
    delete_application(application=application, actor=OPERATOR)
    assert not AllowedIP.objects.exists()
    with pytest.raises(NotFound):
        change(account, application, "192.0.2.2")


def test_an_account_with_many_applications_takes_few_statements(
    account: Account, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    one = make_application(account)[0]
    change(account, one, "192.0.2.1")
    with django_assert_max_num_queries(30) as few:
        change(account, None, "198.51.100.0/24")
    for number in range(30):
        application = make_application(account)[0]
        if number % 2:
            change(account, application, f"192.0.2.{number}")
    with django_assert_max_num_queries(len(few)):
        change(account, None, "203.0.113.0/24")
    assert Application.objects.filter(allowlist__startswith="198.51.100.0/24 203.0.113.0/24|").count() == 31
    assert Application.objects.exclude(allowlist__endswith="|").count() == 16


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_lists_changed_at_once_and_applications_created_meanwhile_agree_in_the_end() -> None:
    account = make_account()
    applications = [make_application(account)[0] for _number in range(3)]
    failures: list[Exception] = []

    def work(number: int) -> None:
        try:
            for turn in range(6):
                change(account, None, f"10.{number}.{turn}.0/24")
                change(account, applications[number % 3], f"192.0.{number}.{turn}")
                create_application(
                    account=account,
                    name=Name(""),
                    lifetime=Lifetime.DAY,
                    scopes=applications[0].scopes.all(),
                    actor=OPERATOR,
                )
                if turn % 2:
                    change(account, None, remove=(f"10.{number}.{turn}.0/24",))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    common = account.allowed_ips.filter(application=None).values_list("network", flat=True)
    assert len(common) == 12
    assert allowlist(account) == " ".join(sorted(common))
    assert Application.objects.count() == 27
    for application in Application.objects.all():
        own = sorted(application.allowed_ips.values_list("network", flat=True))
        assert application.allowlist == f"{allowlist(account)}|{' '.join(own)}"
