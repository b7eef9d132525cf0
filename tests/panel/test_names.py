"""Names of any length, script and number of owners, everywhere they are shown."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from applications.models import Account, Application, User
from applications.models.audit import Action, ActorKind
from applications.operations.actors import Actor
from applications.operations.audit import record, record_for
from tests.cast import Cast
from tests.factories import make_application, make_member, make_user
from tests.panel.addresses import confirm, of
from tests.panel.pages import text

NAMES = ["W" * 100, "🚀🎉", "שלום <b>", "a\u202egnp.exe"]
EVERYWHERE = ["overview", "settings", "tokens", "danger", "application_activity", "application_delete"]


def escaped(name: str) -> str:
    return name.replace("<", "&lt;").replace(">", "&gt;")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stands_apart_from_the_words_around_it(name: str, alice: Client, cast: Cast) -> None:
    Application.objects.filter(pk=cast.application.pk).update(name=name)
    shown = f"<bdi>{escaped(name)}</bdi>"
    confirm(alice)
    pages = [of(cast.application, each) for each in EVERYWHERE]
    pages += [f"/panel/{cast.account.pk}/applications/"]
    pages += [f"/panel/{cast.account.pk}/search/?q={cast.application.application_id}"]
    for page in pages:
        answer = alice.get(page, follow=True)
        assert answer.status_code == 200
        assert shown in answer.content.decode(), page


@pytest.mark.parametrize("name", NAMES)
def test_accounts_and_people_too(name: str, alice: Client, cast: Cast) -> None:
    Account.objects.filter(pk=cast.account.pk).update(name=name)
    User.objects.filter(pk__in=(cast.alice.pk, cast.bob.pk)).update(name=name)
    for page in ("members/", "settings/", "audit-log/"):
        assert (
            alice.get(f"/panel/{cast.account.pk}/{page}")
            .content.decode()
            .count(f"<bdi>{escaped(name)}</bdi>")
            > 2
        )


def test_what_is_typed_follows_its_own_direction(alice: Client, cast: Cast) -> None:
    for page in (of(cast.application, "settings"), f"/panel/{cast.account.pk}/settings/"):
        assert 'name="name"' in text(alice.get(page))
        assert 'dir="auto"' in text(alice.get(page))


def test_equal_names_of_applications_have_their_ids_beside_them(alice: Client, cast: Cast) -> None:
    twin, _secret = make_application(cast.account, name=cast.application.name)
    actor = Actor(ActorKind.USER, cast.alice.email, "192.0.2.1", "")
    for each in (twin, cast.application):
        record_for(actor, each, Action.APPLICATION_DISABLED)
    for page in (f"/panel/{cast.account.pk}/applications/", f"/panel/{cast.account.pk}/audit-log/"):
        shown = text(alice.get(page))
        for each in (twin, cast.application):
            assert f"{each.application_id[:8]}…{each.application_id[-8:]}</code>" in shown


def test_equal_names_of_people_have_their_emails_beside_them(alice: Client, cast: Cast) -> None:
    def shown(path: str) -> str:
        return text(alice.get(f"/panel/{cast.account.pk}/{path}"))

    record(Actor(ActorKind.USER, cast.bob.email, "192.0.2.1", ""), cast.account, Action.SIGNED_IN)
    assert "<small><bdi>bob@marlowe.example" not in shown("audit-log/")
    make_member(cast.account, make_user("other@marlowe.example", "Bob Marlowe"))
    page = shown("audit-log/")
    assert "<small><bdi>bob@marlowe.example</bdi></small>" in page
    assert ">Bob Marlowe (other@marlowe.example)</option>" in page
    assert ">Ada Marlowe</option>" in page
    lines = b"".join(alice.get(reverse("panel:audit_log_csv", args=[cast.account.pk]))).decode()
    assert "Bob Marlowe (bob@marlowe.example) signed in" in lines


def test_a_mail_is_not_turned_around_by_a_name(
    alice: Client, cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    Account.objects.filter(pk=cast.account.pk).update(name="שלום")
    User.objects.filter(pk=cast.alice.pk).update(name="אליס")
    confirm(alice)
    with django_capture_on_commit_callbacks(execute=True):
        invited = {"email": "dora@marlowe.example", "role": "viewer"}
        assert alice.post(reverse("panel:member_invite", args=[cast.account.pk]), invited).status_code == 302
    [sent] = [each for each in mail.outbox if each.to == ["dora@marlowe.example"]]
    assert sent.subject == "Join \u2068שלום\u2069 on Latchkey"
    assert (
        "\u2068אליס (alice@marlowe.example)\u2069 invites you to join \u2068שלום\u2069 on Latchkey, as Viewer."
        in sent.body
    )
