"""Invariants are kept by the database itself, by name."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now

from applications.models import (
    Account,
    AllowedIP,
    Application,
    ApplicationSecret,
    DailyUsage,
    GrantedScope,
    Invitation,
    Membership,
    Scope,
    User,
)
from applications.rules.credentials import new_credential
from tests.factories import make_account, make_application, make_token


def breaks(name: str, make: Any) -> None:
    """Check that `make()` is refused by the constraint of this name (SQLite names columns for a unique one)."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        make()
    assert name in str(refused.value) or "UNIQUE constraint failed" in str(refused.value)


def test_account_and_user(db: None) -> None:
    account = make_account("Demo")
    breaks("account_has_a_name", lambda: Account.objects.create(name=""))
    breaks("user_email_is_lower_case", lambda: User(email="A@Demo.Example").save())
    owner = account.members.get()
    breaks("applications_user_email", lambda: User(email=owner.email).save())
    breaks("member_once_per_account", lambda: Membership.objects.create(account=account, user=owner))
    breaks("member_role_is_known", lambda: Membership.objects.update(role="god"))


def test_invitation(db: None) -> None:
    account = make_account("Demo")
    breaks("account_default_lifetime_is_known", lambda: Account.objects.update(default_lifetime="1 year"))
    first = Invitation(
        account=account, email="a@demo.example", role="viewer", digest=b"1" * 32, expires_at=now()
    )
    first.save()
    again = Invitation(
        account=account, email="a@demo.example", role="admin", digest=b"2" * 32, expires_at=now()
    )
    breaks("invitation_pending_once_per_email", again.save)
    breaks("invitation_email_is_lower_case", lambda: Invitation.objects.update(email="A@demo.example"))
    breaks("invitation_role_is_known", lambda: Invitation.objects.update(role="god"))
    Invitation.objects.update(withdrawn_at=now())
    again.save()
    breaks("digest", lambda: Invitation.objects.update(digest=b"3" * 32))


def test_application(db: None) -> None:
    application, _secret = make_application(make_account("Demo"))
    stored = Application.objects.filter(pk=application.pk)
    breaks("application_lifetime_is_known", lambda: stored.update(lifetime="1 year"))
    breaks("application_id_is_40_characters", lambda: stored.update(application_id="short"))
    breaks("application_live_generation_was_reached", lambda: stored.update(live_generation=99))
    granted = application.granted_scopes.first()
    assert granted is not None
    again = GrantedScope(application=application, scope=granted.scope)
    breaks("scope_granted_once", again.save)


def test_secrets(db: None) -> None:
    application, _secret = make_application(make_account("Demo"))
    second = ApplicationSecret(application=application, digest=b"x" * 32, hint="1234")
    breaks("application_has_one_current_secret", second.save)
    same = ApplicationSecret(
        application=application, digest=application.secrets.get().digest, expires_at=now()
    )
    breaks("secret_is_not_reused", same.save)


def test_tokens(db: None) -> None:
    application, _secret = make_application(make_account("Demo"))
    breaks("token_expires_after_its_issue", lambda: make_token(application, lives=timedelta(seconds=-1)))
    value = new_credential()
    make_token(application, value)
    breaks("applications_accesstoken_key", lambda: make_token(application, value))


def test_scopes_and_usage(db: None) -> None:
    application, _secret = make_application(make_account("Demo"))
    breaks("scope_name_is_one_word", lambda: Scope.objects.create(name="two words", group="messages"))
    breaks("scope_name_is_one_word", lambda: Scope.objects.create(name="a:1", group="messages"))
    breaks("scope_group_is_known", lambda: Scope.objects.create(name="x", group="none"))
    day = {"application": application, "day": now().date()}
    breaks("usage_kind_is_known", lambda: DailyUsage.objects.create(**day, kind="other"))
    DailyUsage.objects.create(**day, kind="issued")
    breaks("usage_one_row_a_day", lambda: DailyUsage.objects.create(**day, kind="issued"))


def test_allowed_ips(db: None) -> None:
    account = make_account("Demo")
    application, _secret = make_application(account)
    for owner in ({"account": account}, {"account": account, "application": application}):
        AllowedIP.objects.create(**owner, network="192.0.2.0/24")
        breaks(
            "network_once_per", lambda owner=owner: AllowedIP.objects.create(**owner, network="192.0.2.0/24")
        )
