"""Overview: figures, facts, switch; who sees what; the same number of queries however much there is."""

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from applications.models import Application, AuditEvent, DailyUsage
from applications.models.audit import Action
from applications.models.usage import ISSUED, Reason
from tests.cast import Cast
from tests.factories import make_token


def address(application: Application, name: str = "panel:overview", *more: int) -> str:
    return reverse(name, args=[application.account_id, application.application_id, *more])


def count(application: Application, kind: str, number: int, days_ago: int = 0) -> None:
    day = now().astimezone(UTC).date() - timedelta(days=days_ago)
    DailyUsage.objects.create(application=application, day=day, kind=kind, count=number)


def test_smoke(alice: Client, application: Application) -> None:
    for name in ("panel:overview", "panel:settings", "panel:tokens", "panel:danger", "panel:switch", "panel:tokens_revoke_all"):
        answer = alice.get(address(application, name))
        assert answer.status_code == 200, name
