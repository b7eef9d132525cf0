"""From which addresses credentials are used, and which of them a change of a list would lock out."""

from datetime import timedelta
from ipaddress import ip_address
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from applications.models import Account, AddressUse, APIKey, Application, ApplicationSecret
from applications.models.address_use import Used, add_address_uses
from applications.models.in_use import InUse, _last_uses, addresses_in_use, locked_out, users_of
from applications.models.usage import ADDRESS_USE_DAYS
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.rules.names import Name
from tests.cast import Cast
from tests.factories import make_application, make_token

HOME, OFFICE, SHOP = map(ip_address, ("192.0.2.1", "198.51.100.7", "2001:db8::9"))


def key_of(cast: Cast) -> APIKey:
    return create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=OPERATOR)[0]


def addresses(found: list[InUse]) -> list[str]:
    return [str(each.address) for each in found]


def used(account: Account, application: Application | None = None) -> list[tuple[str, str, int]]:
    """Who used the addresses in use, in their order."""
    found = addresses_in_use(account, application)
    users = users_of(account, application, found)
    return [(use.who, str(each.address), use.calls) for each in found for use in users.get(each.address, [])]


# --- What is counted ----------------------------------------------------------------------------


def test_calls_of_one_address_and_day_are_added_up(cast: Cast) -> None:
    moment = now()
    for later in (0, 5):
        add_address_uses(
            "application", {(cast.application.pk, None, HOME): 3}, moment + timedelta(seconds=later)
        )
    row = AddressUse.objects.get()
    assert (row.ip, row.count, row.secret) == (str(HOME), 6, None)
    assert row.last_at == moment + timedelta(seconds=5)
    add_address_uses("application", {(cast.application.pk, None, HOME): 1}, moment - timedelta(days=1))
    assert AddressUse.objects.count() == 2


def test_a_secret_its_tokens_and_a_key_are_counted_apart(cast: Cast) -> None:
    secret, key = cast.application.secrets.get(), key_of(cast)
    add_address_uses("application", {(cast.application.pk, secret.pk, HOME): 1}, now())
    add_address_uses("application", {(cast.application.pk, None, HOME): 2}, now())
    add_address_uses("api_key", {(key.pk, None, HOME): 4}, now())
    add_address_uses("api_key", {}, now())
    assert sorted(AddressUse.objects.values_list("count", flat=True)) == [1, 2, 4]
    assert [(row[0], row[2]) for row in AddressUse.objects.per_secret()] == [(secret.pk, 1)]
    assert sorted(row[3] for row in AddressUse.objects.per_address()) == [3, 4]


def test_only_the_last_days_count(cast: Cast) -> None:
    for days, calls in ((ADDRESS_USE_DAYS, 1), (ADDRESS_USE_DAYS + 1, 10)):
        add_address_uses(
            "application", {(cast.application.pk, None, HOME): calls}, now() - timedelta(days=days)
        )
    assert [row[3] for row in AddressUse.objects.recent().per_address()] == [1]


# --- Who uses what ------------------------------------------------------------------------------


def test_the_latest_comes_first_with_who_it_was_and_the_list_that_holds(cast: Cast) -> None:
    key = key_of(cast)
    moment = now()
    add_address_uses("api_key", {(key.pk, None, OFFICE): 5}, moment - timedelta(hours=1))
    add_address_uses("application", {(cast.application.pk, None, HOME): 2}, moment)
    Application.objects.filter(pk=cast.application.pk).update(allowlist="192.0.2.0/24|")
    found = addresses_in_use(cast.account)
    assert [(each.latest, each.allowlists) for each in found] == [
        (moment, frozenset({"192.0.2.0/24|"})),
        (moment - timedelta(hours=1), frozenset({""})),
    ]
    uses = [("Order notifications", str(HOME), 2), (f"API key {key}", str(OFFICE), 5)]
    assert used(cast.account) == uses
    assert used(cast.account, cast.application) == uses[:1]


def test_another_account_and_another_application_are_left_out(cast: Cast) -> None:
    second, _secret = make_application(cast.account, name="Second")
    add_address_uses("application", {(cast.his.pk, None, HOME): 2}, now())
    add_address_uses("application", {(second.pk, None, OFFICE): 3}, now())
    assert used(cast.account) == [("Second", str(OFFICE), 3)]
    assert addresses_in_use(cast.account, cast.application) == []
    assert used(cast.elsewhere) == [("Not yours", str(HOME), 2)]


def test_what_is_not_counted_yet_is_taken_from_the_credentials(cast: Cast) -> None:
    token = make_token(cast.application, ip=str(HOME), last_used_at=now())
    assert addresses(addresses_in_use(cast.account)) == [str(HOME)]
    late = now() + timedelta(seconds=1)
    ApplicationSecret.objects.filter(application=cast.application).update(
        last_used_ip=str(SHOP), last_used_at=late
    )
    first = addresses_in_use(cast.account)[0]
    assert (first.address, first.latest) == (SHOP, late)
    earlier = token.issued_at - timedelta(hours=1)
    add_address_uses("application", {(cast.application.pk, None, HOME): 7}, earlier)
    Application.objects.filter(pk=cast.application.pk).update(last_used_ip=str(SHOP), last_used_at=late)
    key = key_of(cast)
    APIKey.objects.filter(pk=key.pk).update(last_used_ip=str(OFFICE), last_used_at=earlier)
    assert used(cast.account) == [
        ("Order notifications", str(SHOP), 1),
        ("Order notifications", str(HOME), 7),
        (f"API key {key}", str(OFFICE), 1),
    ]
    assert used(cast.account, cast.application) == used(cast.account)[:2]
    assert addresses_in_use(cast.account)[1].latest == token.issued_at


def test_what_was_used_long_ago_is_not_in_use(cast: Cast) -> None:
    long_ago = now() - timedelta(days=ADDRESS_USE_DAYS, seconds=1)
    make_token(cast.application, ip=str(HOME), issued_at=long_ago, lives=None, last_used_at=long_ago)
    Application.objects.filter(pk=cast.application.pk).update(last_used_ip=str(OFFICE), last_used_at=long_ago)
    assert addresses_in_use(cast.account) == []


@pytest.mark.parametrize("ended", ["revoked", "expired"])
def test_a_dead_key_has_nothing_to_lose(cast: Cast, ended: str) -> None:
    key = key_of(cast)
    add_address_uses("api_key", {(key.pk, None, OFFICE): 5}, now())
    assert len(addresses_in_use(cast.account)) == 1
    if ended == "revoked":
        revoke_api_key(api_key=key, actor=OPERATOR)
    else:
        old = now() - timedelta(days=2)
        APIKey.objects.filter(pk=key.pk).update(created_at=old, expires_at=old + timedelta(days=1))
    assert addresses_in_use(cast.account) == []


def test_many_addresses_cost_as_many_queries_as_one(cast: Cast) -> None:
    costs = list[int]()
    for number in (1, 40):
        calls: dict[Used, int] = {}
        for last in range(number):
            calls[cast.application.pk, None, ip_address(f"192.0.2.{last}")] = 1
        add_address_uses("application", calls, now())
        with CaptureQueriesContext(connection) as queries:
            assert len(addresses_in_use(cast.account)) == number
        costs.append(len(queries))
    assert costs[0] == costs[1]


# --- Who would be locked out --------------------------------------------------------------------


def test_uses_of_one_address_stand_together(cast: Cast) -> None:
    second, _secret = make_application(cast.account, name="Second")
    moment = now()
    add_address_uses("application", {(cast.application.pk, None, HOME): 1}, moment)
    add_address_uses("application", {(second.pk, None, OFFICE): 1}, moment - timedelta(minutes=1))
    add_address_uses("application", {(second.pk, None, HOME): 1}, moment - timedelta(minutes=2))
    found = addresses_in_use(cast.account)
    assert [(each.network, each.latest) for each in found] == [
        ("192.0.2.1/32", moment),
        ("198.51.100.7/32", moment - timedelta(minutes=1)),
    ]
    users = users_of(cast.account, None, found[:1])
    assert [use.who for use in users[HOME]] == ["Order notifications", "Second"]
    assert OFFICE not in users


def test_the_database_puts_together_what_many_applications_do_from_one_address(cast: Cast) -> None:
    """10,000 applications behind a gateway were 10,000 rows to read: 0.4 s of the processor."""
    moment = now()
    for number in range(9):
        other, _secret = make_application(cast.account, name=f"No. {number}")
        add_address_uses("application", {(other.pk, None, HOME): 1}, moment)
        Application.objects.filter(pk=other.pk).update(last_used_at=moment, last_used_ip=str(HOME))
    with patch("applications.models.in_use._last_uses", wraps=_last_uses) as read:
        assert addresses(addresses_in_use(cast.account)) == [str(HOME)]
    rows = list(_last_uses(*read.call_args.args))
    assert len(rows) == 2, "what is counted, and what is noted"


def test_the_line_of_an_ipv6_address_is_that_address_alone(cast: Cast) -> None:
    add_address_uses("application", {(cast.application.pk, None, SHOP): 1}, now())
    assert [each.network for each in addresses_in_use(cast.account)] == ["2001:db8::9/128"]


def out(found: list[InUse], networks: list[str], application: Application | None = None) -> list[str]:
    return [str(group.address) for group in locked_out(found, networks, application)]


def test_who_works_now_and_would_not_is_locked_out(cast: Cast) -> None:
    for address in (HOME, OFFICE):
        add_address_uses("application", {(cast.application.pk, None, address): 1}, now())
    found = addresses_in_use(cast.account)
    assert sorted(out(found, ["192.0.2.0/24"])) == [str(OFFICE)]
    assert sorted(out(found, ["192.0.2.0/24"], cast.application)) == [str(OFFICE)]
    assert out(found, ["192.0.2.0/24", "198.51.100.7/32"]) == []
    assert out(found, []) == []  # an empty list lets everybody in


def test_who_does_not_work_now_is_not_locked_out_by_the_change(cast: Cast) -> None:
    add_address_uses("application", {(cast.application.pk, None, OFFICE): 1}, now())
    Application.objects.filter(pk=cast.application.pk).update(allowlist="|192.0.2.0/24")
    cast.application.refresh_from_db()
    found = addresses_in_use(cast.account, cast.application)
    assert out(found, ["192.0.2.0/25"], cast.application) == []
    assert out(found, ["192.0.2.0/25"]) == []


def test_one_credential_that_would_stop_is_enough(cast: Cast) -> None:
    fenced, _secret = make_application(cast.account, name="Fenced")
    Application.objects.filter(pk=fenced.pk).update(allowlist="|192.0.2.0/24")
    for application in (cast.application, fenced):
        add_address_uses("application", {(application.pk, None, OFFICE): 1}, now())
    assert out(addresses_in_use(cast.account), ["192.0.2.0/24"]) == [str(OFFICE)]
    cast.application.address_uses.all().delete()
    assert out(addresses_in_use(cast.account), ["192.0.2.0/24"]) == []
