"""Settings of an application: name, lifetime, scopes, and two admins at once."""

from typing import Any

import pytest
from django.test import Client

from applications.models import Application, AuditEvent, Scope
from applications.models.applications import Lifetime
from applications.operations.actors import OPERATOR
from applications.operations.applications import update_application
from applications.operations.scopes import retire_scope
from applications.rules.names import Name
from tests.factories import make_token
from tests.panel.addresses import confirm, of
from tests.panel.pages import text


def stored(application: Application) -> Application:
    return Application.objects.get(pk=application.pk)


def form(application: Application, **changed: Any) -> dict[str, Any]:
    """What the form sends, with some fields changed."""
    sent = {
        "name": application.name,
        "lifetime": application.lifetime,
        "scopes": application.scope_names,
        "revision": application.revision,
    }
    return {**sent, **changed}


def changes(application: Application) -> int:
    return AuditEvent.objects.filter(
        application_id=application.application_id, action="application:change"
    ).count()


@pytest.fixture
def alice(alice: Client) -> Client:
    """Alice, who has given her password just now."""
    confirm(alice)
    return alice


@pytest.fixture
def ada(ada: Client) -> Client:
    """Ada, who has given her password just now."""
    confirm(ada)
    return ada


# --- Who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "seen", "saved"),
    [("alice", 200, 302), ("ada", 200, 302), ("bob", 200, 403), ("charlie", 404, 404)],
)
def test_owners_and_admins_change_viewers_look(
    who: str, seen: int, saved: int, application: Application, request: pytest.FixtureRequest
) -> None:
    client = request.getfixturevalue(who)
    address = of(application, "settings")
    assert client.get(address).status_code == seen
    assert client.post(address, form(application, name="Renamed")).status_code == saved
    assert stored(application).name == ("Renamed" if saved == 302 else "Order notifications")


def test_a_viewer_reads_the_values_as_text(bob: Client, application: Application) -> None:
    page = text(bob.get(of(application, "settings")))
    assert "<dt>Token lifetime</dt><dd>1 day</dd>" in page
    assert '<span class="chip">groups</span>' in page
    assert "Save changes" not in page
    assert 'name="scopes"' not in page


# --- Saving -------------------------------------------------------------------------------------


def test_the_form_shows_what_is_stored(alice: Client, application: Application) -> None:
    answer = alice.get(of(application, "settings"))
    page = text(answer)
    assert 'name="name" value="Order notifications"' in page
    assert page.count("checked") == 3  # one lifetime, two scopes
    assert f'name="revision" value="{application.revision}"' in page
    assert answer["Cache-Control"].count("no-store") == 1


def test_saving_says_what_became_of_scopes(alice: Client, application: Application) -> None:
    sent = form(application, name=" Orders ", lifetime="1 week", scopes=["sms", "viber", "reports"])
    answer = alice.post(of(application, "settings"), sent, follow=True)
    assert (stored(application).name, stored(application).lifetime) == ("Orders", "1 week")
    assert stored(application).scope == "sms viber reports"
    page = text(answer)
    assert "The settings of Orders were saved." in page
    assert "groups stopped working, for every token." in page
    assert "viber, reports reach tokens issued from now on." in page
    assert changes(application) == 1


def test_saving_without_a_change_writes_nothing(alice: Client, application: Application) -> None:
    answer = alice.post(of(application, "settings"), form(application), follow=True)
    assert "Nothing was changed." in text(answer)
    assert changes(application) == 0


def test_a_scope_taken_away_is_gone_from_tokens_at_once(alice: Client, application: Application) -> None:
    make_token(application)
    alice.post(of(application, "settings"), form(application, scopes=["sms"]))
    page = text(alice.get(of(application, "tokens")))
    assert "Taken away: <del>groups</del>" in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"scopes": []}, "Choose at least one scope. An application without a scope could do nothing."),
        ({"scopes": ["sms", "teleport"]}, "There is no scope “teleport”."),
        ({"scopes": ["sms\x00"]}, "Null characters are not allowed."),
        ({"name": "x" * 101}, "at most 100 characters"),
        ({"name": "two\nlines"}, "A name is one line, without control characters."),
        ({"name": "nul\x00"}, "A name is one line, without control characters."),
        ({"lifetime": "for ever"}, "for ever"),
        ({"lifetime": ""}, "This field is required."),
        ({"revision": "x"}, "Enter a whole number."),
        ({"revision": ""}, "This field is required."),
    ],
)
def test_what_cannot_be_saved_is_said_and_kept_in_the_form(
    alice: Client, application: Application, changed: dict[str, Any], words: str
) -> None:
    answer = alice.post(of(application, "settings"), form(application, **{"name": "Typed", **changed}))
    assert answer.status_code == 422
    page = text(answer)
    assert "Nothing was saved" in page
    assert words in page
    if "name" not in changed:
        assert 'value="Typed"' in page
    assert stored(application).name == "Order notifications"
    assert changes(application) == 0


def test_a_retired_scope_is_not_offered(alice: Client, application: Application) -> None:
    retire_scope(scope=Scope.objects.get(name="viber"), actor=OPERATOR)
    assert 'value="viber"' not in text(alice.get(of(application, "settings")))
    sent = form(application, scopes=["sms", "viber"])
    assert alice.post(of(application, "settings"), sent).status_code == 422


# --- Two admins ---------------------------------------------------------------------------------


def test_the_second_of_two_admins_sees_both_and_loses_nothing(
    alice: Client, ada: Client, application: Application
) -> None:
    hers = form(application, name="Ada's name", scopes=["sms"])
    alices = form(application, name="Alice's name", lifetime="never", scopes=["sms", "groups", "viber"])
    assert ada.post(of(application, "settings"), hers).status_code == 302

    answer = alice.post(of(application, "settings"), alices)
    assert answer.status_code == 409
    page = text(answer)
    assert "Somebody else changed this application while you did" in page
    assert ", by ada@marlowe.example" in page
    assert "<dt>Name</dt><dd><bdi>Ada's name</bdi></dd>" in page
    assert 'value="Alice\'s name"' in page
    assert answer.context["form"]["lifetime"].value() == "never"
    assert page.count("checked") == 4
    assert stored(application).name == "Ada's name"

    again = {**alices, "revision": stored(application).revision}
    assert f'name="revision" value="{again["revision"]}"' in page
    assert alice.post(of(application, "settings"), again).status_code == 302
    assert stored(application).name == "Alice's name"


def test_a_change_by_the_operator_is_a_conflict_too(alice: Client, application: Application) -> None:
    sent = form(application, name="Mine")
    update_application(
        application=application,
        name=Name("Operator's"),
        lifetime=Lifetime.DAY,
        scopes=Scope.objects.filter(name="sms"),
        actor=OPERATOR,
    )
    answer = alice.post(of(application, "settings"), sent)
    assert answer.status_code == 409
    assert ", by operator" in text(answer)


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_other_methods_are_refused(alice: Client, application: Application, method: str) -> None:
    assert getattr(alice, method)(of(application, "settings")).status_code == 405
