"""When scopes were last used, and the offer to take away those that are not."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils.timezone import now

from applications.models import Application, AuditEvent, GrantedScope, ScopeUse
from applications.models.applications import Lifetime
from applications.operations.actors import OPERATOR
from applications.operations.applications import update_application
from applications.rules.names import Name
from tests.cast import Cast
from tests.factories import make_application, make_token
from tests.panel.addresses import of
from tests.panel.pages import text

DAY = timedelta(days=1)
PLACES = ("overview", "settings")


@pytest.fixture
def orders(cast: Cast) -> Application:
    """A year old, and so its figures: sms was used 3 minutes ago, viber 100 days ago, reports and groups never."""
    application, _secret = make_application(cast.account, "sms viber reports groups", name="Orders")
    grown(application)
    used(application, "sms", timedelta(minutes=3))
    used(application, "viber", 100 * DAY)
    return application


def grown(application: Application, age: timedelta = 365 * DAY) -> None:
    Application.objects.filter(pk=application.pk).update(created_at=now() - age)
    GrantedScope.objects.filter(application=application).update(recorded_since=now() - age)


def used(application: Application, scope: str, ago: timedelta) -> None:
    ScopeUse.objects.update_or_create(application=application, scope=scope, defaults={"last_at": now() - ago})


def day(moment: datetime, application: Application) -> str:
    """The day of a moment where the account is: late in the evening UTC has another one."""
    return f"{moment.astimezone(ZoneInfo(application.account.timezone)):%-d %B %Y}"


def scopes(application: Application) -> str:
    return Application.objects.get(pk=application.pk).scope


def sent(application: Application, *names: str, revision: int = 0) -> dict[str, object]:
    return {"scopes": names, "revision": revision}


@pytest.mark.parametrize("place", PLACES)
def test_each_scope_says_when_it_was_last_used(alice: Client, orders: Application, place: str) -> None:
    page = text(alice.get(of(orders, place)))
    since = GrantedScope.objects.filter(application=orders).first()
    assert since
    assert "3 minutes ago</time>" in page
    assert f"Never used since {day(since.recorded_since, orders)}" in page
    assert "3 scopes are not used" in page
    assert "Remove 3 scopes from Orders?" in page


def test_new_scopes_are_not_used_yet_and_the_page_says_from_when_it_knows(
    alice: Client, application: Application
) -> None:
    for place in PLACES:
        page = text(alice.get(of(application, place)))
        assert "Not used yet" in page
        known = day(now() + 90 * DAY, application)
        assert f"Scopes that are not used at all are named here from {known} on." in page
        assert "Remove" not in page.replace("Removed", "")


def test_no_offer_for_a_younger_application_or_where_a_service_names_no_scope(
    alice: Client, orders: Application
) -> None:
    grown(orders, 89 * DAY)
    assert "not used</h2>" not in text(alice.get(of(orders, "overview")))
    grown(orders)
    used(orders, "", 2 * DAY)
    page = text(alice.get(of(orders, "overview")))
    assert "scopes are not used" not in page
    assert "asks about its tokens without naming a scope" in page
    assert alice.get(of(orders, "unused_scopes")).status_code == 302


def test_removing_asks_and_names_what_stops(alice: Client, orders: Application) -> None:
    make_token(orders)
    make_token(orders)
    page = text(alice.get(of(orders, "unused_scopes")))
    assert "stops working at the next call, for all 2 tokens and those to come" in page
    for name in ("viber", "reports", "groups"):
        assert f'value="{name}" id="remove-scopes_' in page
    assert 'value="sms"' not in page


def test_one_click_takes_them_away_with_an_audit_row(alice: Client, orders: Application) -> None:
    token = make_token(orders)
    answer = alice.post(of(orders, "unused_scopes"), sent(orders, "viber", "reports", "groups"), follow=True)
    assert "viber, reports, groups: taken away from Orders" in text(answer)
    assert scopes(orders) == "sms"
    assert orders.tokens.valid().get() == token, "its token goes on, with less"
    event = AuditEvent.objects.filter(action="application:change").get()
    assert event.details == {"scopes": ["sms viber reports groups", "sms"]}
    assert event.actor == "alice@marlowe.example"
    assert "scope is not used" not in text(alice.get(of(orders, "overview")))


def test_only_the_chosen_ones_are_taken_away(alice: Client, orders: Application) -> None:
    alice.post(of(orders, "unused_scopes"), sent(orders, "viber"))
    assert scopes(orders) == "sms reports groups"


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "Choose at least one scope to remove."),
        (["sms"], "“sms” was used or taken away in the meantime."),
        (["viber", "whatsapp"], "“whatsapp” was used or taken away in the meantime."),
    ],
)
def test_what_is_not_unused_is_not_taken_away(
    alice: Client, orders: Application, names: list[str], words: str
) -> None:
    answer = alice.post(of(orders, "unused_scopes"), sent(orders, *names))
    assert answer.status_code == 422
    assert words in text(answer)
    assert scopes(orders) == "sms viber reports groups"


def test_a_change_made_meanwhile_is_not_undone(alice: Client, orders: Application) -> None:
    everything = orders.scopes.exclude(name="groups")
    update_application(
        application=orders,
        name=Name("Orders 2"),
        lifetime=Lifetime(orders.lifetime),
        scopes=everything,
        actor=OPERATOR,
    )
    answer = alice.post(of(orders, "unused_scopes"), sent(orders, "viber"), follow=True)
    assert "Somebody else changed this application in the meantime." in text(answer)
    assert scopes(orders) == "sms viber reports"


def test_not_all_of_its_scopes_can_go(alice: Client, orders: Application) -> None:
    ScopeUse.objects.all().delete()
    page = text(alice.get(of(orders, "overview")))
    assert "None of its scopes is used" in page
    assert "Disable or delete" in page
    names = sent(orders, "sms", "viber", "reports", "groups")
    answer = alice.post(of(orders, "unused_scopes"), names, follow=True)
    assert "Nothing was changed." in text(answer)
    assert scopes(orders) == "sms viber reports groups"


def test_a_viewer_sees_it_and_has_nothing_to_press(bob: Client, orders: Application) -> None:
    for place in PLACES:
        page = text(bob.get(of(orders, place)))
        assert "3 scopes are not used" in page
        assert "Last used: " in page
        assert "Remove 3 scopes" not in page
    assert bob.post(of(orders, "unused_scopes"), sent(orders, "viber")).status_code == 403
    assert scopes(orders) == "sms viber reports groups"
