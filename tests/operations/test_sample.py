"""The sample tells one story: what one page shows another does not deny."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.utils.timezone import now

from applications.models import (
    Account,
    AddressUse,
    Application,
    AuditEvent,
    DailyUsage,
    Delivery,
    DeliveryAttempt,
    KeptFinding,
    Refusal,
    ScopeUse,
    WebhookDay,
)
from applications.models.findings import Finding, Findings
from applications.models.scope_use import scope_uses
from applications.models.usage import ISSUED
from applications.operations.actors import OPERATOR
from applications.operations.audit_checks import check_chains
from applications.operations.sample import seed_sample
from applications.panel.secrets import working_secrets
from applications.panel.webhooks import lines_of
from applications.rules.attempts import is_success
from applications.rules.networks import allows, parse_address
from tests.factories import make_account
from tests.shared import shares


def make_sample() -> Account:
    """Return an account with the sample, stored."""
    account = make_account()
    seed_sample(account=account, actor=OPERATOR)
    return account


sample = shares("sample", make_sample)


@pytest.fixture
def account(sample: Account) -> Account:
    """The account with the sample."""
    return sample


def test_every_page_has_something_to_show(account: Account) -> None:
    assert account.memberships.count() == 4
    assert account.invitations.open().count() == 1
    assert account.api_keys.live().count() == 3
    assert account.applications.exclude(message_settings=None).count() == 3
    assert account.applications.exclude(allowlist="|").count() == 4
    findings = Findings(account, now())
    assert [kind for kind in Finding if not findings.counts[kind]] == []
    assert KeptFinding.objects.get().kept_by == "tomasz.nowak@marlowe.example"
    assert set(Refusal.objects.values_list("reason", flat=True)) >= {
        "wrong_secret", "old_secret", "address", "scope", "expired", "header", "body", "key_revoked",
    }  # fmt: skip
    assert mail.outbox == []


def test_the_audit_log_is_in_the_order_of_time_and_its_chain_whole(account: Account) -> None:
    times = list(
        AuditEvent.objects.filter(account=account, actor_kind="user")
        .order_by("pk")
        .values_list("created_at", flat=True)
    )
    assert times == sorted(times)
    assert not check_chains(account).breaks


def test_nothing_is_used_before_it_is_made_nor_after_now(account: Account) -> None:
    for application in account.applications.all():
        for secret in application.secrets.all():
            assert secret.last_used_at is None or secret.created_at <= secret.last_used_at <= now()
        assert application.last_used_at is None or application.last_used_at >= application.created_at
    assert not ScopeUse.objects.filter(last_at__lt=F("application__created_at")).exists()
    assert not AddressUse.objects.exclude(secret=None).filter(day__lt=F("secret__created_at__date")).exists()


def test_figures_agree_with_each_other(account: Account) -> None:
    for application in account.applications.all():
        issued = sum(application.daily_usage.filter(kind=ISSUED).values_list("count", flat=True))
        by_secret = application.address_uses.exclude(secret=None).values_list("count", flat=True)
        rotated = 12 if application.name == "Driver two-way chat" else 0
        assert sum(by_secret) - rotated == issued, application
    for refusal in Refusal.objects.exclude(application=None):
        assert refusal.application
        inside = allows(refusal.application.allowlist, parse_address(str(refusal.ip)))
        assert inside is (refusal.reason != "address")
        if refusal.reason == "scope":
            assert refusal.detail not in refusal.application.scope_names
    assert DailyUsage.objects.filter(kind="checked").exists()


def named(account: Account, name: str) -> Application:
    found: Application = account.applications.get(name=name)
    return found


def test_two_rotations_one_amber_and_one_green(account: Account) -> None:
    chat, legacy = (working_secrets(named(account, n)) for n in ("Driver two-way chat", "Legacy CRM sync"))
    assert chat["evidence"]
    assert not chat["evidence"].is_silent
    assert chat["old_use"]
    assert (chat["old_use"].hour, chat["secret_use"].hour) == (12, 2)
    assert legacy["evidence"]
    assert legacy["evidence"].is_silent


def test_scopes_that_are_not_used_can_be_taken_away(account: Account) -> None:
    unused = scope_uses(named(account, "Booking reminders")).unused(now())
    assert [use.name for use in unused] == ["whatsapp", "templates"]
    assert scope_uses(named(account, "OTP sign-in")).unused(now()) == []


def test_seeding_twice_makes_the_applications_twice_and_the_people_once(account: Account) -> None:
    seed_sample(account=account, actor=OPERATOR)
    assert account.applications.count() == 18
    assert account.memberships.count() == 4
    assert account.invitations.count() == 1


def test_it_is_the_same_story_for_each_account(account: Account) -> None:
    other = make_account("Elsewhere", "charlie@elsewhere.example")
    seed_sample(account=other, actor=OPERATOR)

    def story(of: Account) -> list[tuple[str, str]]:
        rows = AuditEvent.objects.filter(account=of, actor_kind="user").order_by("pk")
        return [(row.action, row.target.split(" ••••")[0]) for row in rows]

    assert story(other) == story(account)
    assert Findings(other, now()).counts == Findings(account, now()).counts
    assert abs(other.created_at - account.created_at) < timedelta(minutes=5)


def test_deliveries_agree_with_their_attempts_their_webhooks_and_days(account: Account) -> None:
    orders = account.applications.get(name="Order notifications")
    fares = [line.fares for line in lines_of(orders).with_url]
    assert fares == ["good", "failing", "good", "gave_up"]
    attempts = list(DeliveryAttempt.objects.select_related("delivery"))
    for delivery in Delivery.objects.all():
        own = [attempt for attempt in attempts if attempt.delivery_id == delivery.pk]
        latest = own[-1]
        assert [attempt.number for attempt in own] == list(range(1, delivery.attempts + 1))
        assert (delivery.status, delivery.error) == (latest.status, latest.error)
        assert delivery.milliseconds == latest.milliseconds
        assert is_success(delivery.status, delivery.error) is (delivery.state == "delivered")
        assert delivery.created_at <= own[0].at <= latest.at <= now()
        assert delivery.next_attempt_at is None or delivery.next_attempt_at > now()
    good = sum(is_success(attempt.status, attempt.error) for attempt in attempts)
    days = list(WebhookDay.objects.all())
    assert sum(day.succeeded for day in days) == good
    assert sum(day.failed for day in days) == len(attempts) - good
    assert sum(day.milliseconds for day in days) == sum(attempt.milliseconds for attempt in attempts)
    assert orders.webhook_secrets.get().created_at < now() - timedelta(days=200)
