"""One's own name: changed, refused, and told in the audit log."""

import pytest
from django.test import Client
from django.urls import reverse

from applications.models import AuditEvent, User
from applications.models.audit import Action
from tests.cast import Cast
from tests.panel.pages import text

NAME, YOU = reverse("panel:own_name"), "/panel/you/"


def test_the_name_is_changed_and_shown_everywhere(alice: Client, cast: Cast) -> None:
    assert 'value="Alice Marlowe"' in text(alice.get(NAME))
    page = text(alice.post(NAME, {"name": "  Alice Łódź "}, follow=True))
    assert "You are called Alice Łódź now." in page
    assert User.objects.get(pk=cast.alice.pk).name == "Alice Łódź"
    assert "Alice Łódź" in text(alice.get(reverse("panel:members", args=[cast.account.pk])))


def test_the_audit_log_tells_before_and_after(alice: Client, cast: Cast) -> None:
    alice.post(NAME, {"name": "Alice"})
    event = AuditEvent.objects.get(account=cast.account, action=Action.PERSON_RENAMED)
    assert event.details == {"name": ["Alice Marlowe", "Alice"]}
    page = text(alice.get(reverse("panel:audit_log", args=[cast.account.pk])))
    assert "changed their own name" in page


def test_the_same_name_leaves_no_row(alice: Client, cast: Cast) -> None:
    assert "Nothing was changed." in text(alice.post(NAME, {"name": cast.alice.name}, follow=True))
    assert not AuditEvent.objects.filter(action=Action.PERSON_RENAMED).exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "two\nlines", "\u202egnp", "\u200b"])
def test_what_is_no_name_comes_back_with_a_reason(alice: Client, cast: Cast, name: str) -> None:
    answer = alice.post(NAME, {"name": name})
    assert answer.status_code == 422
    assert "Your name was not changed" in text(answer)
    assert User.objects.get(pk=cast.alice.pk).name == "Alice Marlowe"


def test_a_visitor_signs_in_first(client: Client) -> None:
    assert client.post(NAME, {"name": "X"})["Location"] == f"/panel/sign-in/?next={NAME}"


def test_a_name_is_no_markup(alice: Client) -> None:
    alice.post(NAME, {"name": "<b>Bold</b>"})
    assert "<b>Bold</b>" not in alice.get(YOU).content.decode()
