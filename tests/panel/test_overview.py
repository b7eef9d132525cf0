"""Overview of an application, and its switch."""

from datetime import UTC, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from applications.models import Application, AuditEvent, DailyUsage
from applications.models.audit import Action
from applications.models.secrets import Overlap
from applications.models.usage import CHECKED, ISSUED, Reason
from applications.operations.actors import OPERATOR
from applications.operations.applications import switch_application
from applications.operations.secrets import reset_secret
from tests.factories import make_application, make_token
from tests.panel.addresses import of
from tests.panel.pages import text

ASKS_BEFORE_DISABLING = "stop at the next call. Enabling it again brings them back."


def used(application: Application, kind: str, count: int, days_ago: int = 0) -> None:
    day = now().astimezone(UTC).date() - timedelta(days=days_ago)
    DailyUsage.objects.create(application=application, day=day, kind=kind, count=count)


def enabled(application: Application) -> bool:
    return Application.objects.get(pk=application.pk).is_enabled


# --- Who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [("alice", 200), ("ada", 200), ("bob", 200), ("charlie", 404)])
def test_members_see_it_and_strangers_learn_nothing(
    who: str, status: int, application: Application, request: pytest.FixtureRequest
) -> None:
    assert request.getfixturevalue(who).get(of(application, "overview")).status_code == status


def test_an_application_of_another_account_is_not_found(alice: Client, application: Application) -> None:
    his = Application.objects.exclude(pk=application.pk).get()
    crossed = of(application, "overview").replace(application.application_id, his.application_id)
    assert alice.get(crossed).status_code == 404


@pytest.mark.parametrize("application_id", ["nothing", "%00", "f" * 40, "f" * 5000])
def test_an_id_that_no_application_has_is_not_found(
    alice: Client, application: Application, application_id: str
) -> None:
    address = f"/panel/{application.account_id}/applications/{application_id}/"
    assert alice.get(address).status_code == 404


@pytest.mark.parametrize("account", [0, 2**31, 2**63, 10**40])
def test_an_account_that_there_is_not_is_not_found(
    alice: Client, application: Application, account: int
) -> None:
    address = f"/panel/{account}/applications/{application.application_id}/"
    assert alice.get(address).status_code == 404


def test_a_viewer_has_nothing_to_press(bob: Client, application: Application) -> None:
    page = text(bob.get(of(application, "overview")))
    assert 'role="switch"' not in page
    assert of(application, "switch") not in page
    assert "<dialog" not in page
    assert bob.get(of(application, "switch")).status_code == 403
    assert bob.post(of(application, "switch"), {"enabled": "off"}).status_code == 403
    assert enabled(application)


# --- What it shows ------------------------------------------------------------------------------


def test_thirty_days_of_figures(alice: Client, application: Application) -> None:
    used(application, ISSUED, 1200, days_ago=29)
    used(application, ISSUED, 34)
    used(application, ISSUED, 5000, days_ago=30)  # a day too old
    used(application, Reason.WRONG_SECRET, 7, days_ago=3)
    used(application, Reason.ADDRESS, 9)
    used(application, CHECKED, 70_000, days_ago=2)
    answer = alice.get(of(application, "overview"))
    usage = answer.context["usage"]
    assert (usage.issued, usage.checked, usage.refused, len(usage.days)) == (1234, 70_000, 16, 30)
    page = text(answer)
    assert '<dd class="figure">1,234</dd>' in page
    assert '<dd class="figure">70,000</dd>' in page
    assert 'data-label="API checks">70,000</td>' in page
    assert page.index("Address is not allowed") < page.index("Secret is wrong")
    assert '<data value="9">9</data>' in page
    assert '<rect class="bar" width="77.8"' in page
    assert page.count('role="row"') == 31


def test_without_any_use_it_says_so_instead_of_drawing(alice: Client, application: Application) -> None:
    page = text(alice.get(of(application, "overview")))
    assert "No token was asked for in these 30 days." in page
    assert "chart-wide" not in page
    assert "Refusals by reason" not in page


def test_another_applications_figures_do_not_count(alice: Client, application: Application) -> None:
    other, _secret = make_application(application.account, name="Other")
    used(other, ISSUED, 5)
    make_token(other)
    answer = alice.get(of(application, "overview"))
    assert answer.context["usage"].issued == 0
    assert answer.context["impact"].tokens == 0


def test_facts(alice: Client, application: Application) -> None:
    secret = application.secrets.get()
    application.secrets.update(last_used_at=now(), last_used_ip="198.51.100.9")
    Application.objects.filter(pk=application.pk).update(
        last_used_at=now() - timedelta(minutes=5), last_used_ip="2001:db8::7"
    )
    make_token(application)
    page = text(alice.get(of(application, "overview")))
    for fact in (
        f"••••{secret.hint}",
        "from <code>198.51.100.9</code>",
        "5 minutes ago",
        "<code>2001:db8::7</code>",
        '<span class="chip">sms</span><span class="chip">groups</span>',
        "by operator",
        "Every address",
        '<dd class="figure">1</dd>',
        f"{application.application_id}:$LATCHKEY_SECRET",
    ):
        assert fact in page


def test_two_secrets_stand_beside_each_other(alice: Client, application: Application) -> None:
    assert "Moving over" not in text(alice.get(of(application, "overview")))
    old = application.secrets.get()
    reset_secret(application=application, overlap=Overlap.DAY, actor=OPERATOR)
    page = text(alice.get(of(application, "overview")))
    assert "Moving over" in page
    assert "in 24 hours" in page
    assert f'href="{of(application, "secret_retire", old.pk)}" data-open="stop-secret"' in page


def test_times_are_the_accounts(alice: Client, application: Application) -> None:
    page = text(alice.get(of(application, "overview")))
    assert "CET (UTC+1)" in page or "CEST (UTC+2)" in page


def test_the_number_of_queries_does_not_grow(alice: Client, application: Application) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert alice.get(of(application, "overview")).status_code == 200
        return len(captured)

    make_token(application)
    used(application, ISSUED, 1)
    few = queries()
    for number in range(40):
        make_token(application, ip=f"198.51.100.{number}")
        used(application, Reason.SCOPE, 1, days_ago=number)
    assert queries() == few


# --- The switch ---------------------------------------------------------------------------------


def test_disabling_asks_and_says_what_stops(alice: Client, application: Application) -> None:
    make_token(application, ip="198.51.100.1")
    make_token(application, ip="198.51.100.1")
    make_token(application, ip="203.0.113.8")
    for place in ("overview", "switch", "danger"):
        page = text(alice.get(of(application, place)))
        assert "Disable Order notifications?" in page
        assert f"its 3 tokens {ASKS_BEFORE_DISABLING}" in page
        assert "<code>198.51.100.1</code><span>2 tokens" in page
        assert "<code>203.0.113.8</code><span>1 token" in page
    assert enabled(application)


def test_off_and_on_again(alice: Client, application: Application) -> None:
    token = make_token(application)
    answer = alice.post(of(application, "switch"), {"enabled": "off"}, follow=True)
    assert not enabled(application)
    assert "Order notifications was disabled. Its ID, secret and tokens do not work." in text(answer)
    assert 'aria-checked="false"' in text(answer)
    assert "Enable Order notifications?" in text(alice.get(of(application, "switch")))

    answer = alice.post(of(application, "switch"), {"enabled": "on"}, follow=True)
    assert enabled(application)
    assert "Order notifications was enabled. Its ID, secret and tokens work again." in text(answer)
    assert application.tokens.live().get() == token
    actions = AuditEvent.objects.filter(application_id=application.application_id).values_list(
        "action", "actor", "ip"
    )
    assert list(actions)[:2] == [
        (Action.APPLICATION_ENABLED, "alice@marlowe.example", "127.0.0.1"),
        (Action.APPLICATION_DISABLED, "alice@marlowe.example", "127.0.0.1"),
    ]


def test_a_disabled_application_shows_no_active_token(alice: Client, application: Application) -> None:
    make_token(application)
    switch_application(application=application, enabled=False, actor=OPERATOR)
    assert '<dt>Active tokens</dt> <dd class="figure">0</dd>' in text(alice.get(of(application, "overview")))


@pytest.mark.parametrize("sent", [{}, {"enabled": ""}, {"enabled": "maybe"}, {"enabled": "off\x00"}])
def test_a_switch_is_turned_on_or_off_and_nothing_else(
    alice: Client, application: Application, sent: dict[str, str]
) -> None:
    assert alice.post(of(application, "switch"), sent).status_code == 400
    assert enabled(application)
