"""What an operation refuses although the view let the request through: 403, 404 or the form, and never a 500."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from applications.models import Application, Membership, Scope
from applications.models.memberships import Role
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application, switch_application, update_application
from applications.operations.scopes import retire_scope
from tests.cast import Cast


def address(application: Application, page: str) -> str:
    return f"/panel/{application.account_id}/applications/{application.application_id}/{page}"


def before(
    monkeypatch: pytest.MonkeyPatch, view: str, operation: Callable[..., Any], change: Callable[[], object]
) -> None:
    """Let `change` happen between what the view read and what the operation does."""

    def meanwhile(**arguments: Any) -> Any:
        change()
        return operation(**arguments)

    monkeypatch.setattr(f"applications.panel.views.{view}.{operation.__name__}", meanwhile)


def test_who_is_no_admin_any_more_when_it_is_written(
    cast: Cast, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The view's own question is switched off: the operation is the guard."""
    Membership.objects.filter(user=cast.alice).update(role=Role.VIEWER)
    monkeypatch.setattr("applications.panel.access._may_enter", lambda request, changes, owner: True)
    assert alice.post(address(cast.application, "enabled/"), {"enabled": "off"}).status_code == 403
    cast.application.refresh_from_db()
    assert cast.application.is_enabled


def test_an_application_that_was_deleted_meanwhile(
    cast: Cast, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def delete() -> None:
        delete_application(application=cast.application, actor=OPERATOR)

    before(monkeypatch, "state", switch_application, delete)
    assert alice.post(address(cast.application, "enabled/"), {"enabled": "off"}).status_code == 404
    assert not Application.objects.filter(pk=cast.application.pk).exists()


def test_a_scope_that_was_retired_meanwhile(
    cast: Cast, alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def retire() -> None:
        retire_scope(scope=Scope.objects.get(name="groups"), actor=OPERATOR)

    before(monkeypatch, "settings", update_application, retire)
    sent = {"name": "Typed", "lifetime": "1 day", "scopes": ["sms", "groups"], "revision": "0"}
    answer = alice.post(address(cast.application, "settings/"), sent)
    assert answer.status_code == 422
    assert "There is no scope “groups”." in answer.text
    assert "Typed" in answer.text
    cast.application.refresh_from_db()
    assert cast.application.name == "Order notifications"
