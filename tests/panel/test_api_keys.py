"""API keys in the panel: the list, a new one that is shown once, revoking; who may do what."""

import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from applications.errors import Conflict
from applications.models import Account, AddressUse, APIKey, AuditEvent, Scope
from applications.models.audit import Action
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key, revoke_api_key
from applications.operations.scopes import retire_scope
from applications.rules.credentials import digest
from applications.rules.names import Name
from tests.cast import Cast
from tests.factories import PASSWORD, make_account
from tests.operations.test_races import at_once
from tests.panel.addresses import confirm
from tests.panel.pages import Answer, text

CONFIRM = "/panel/you/confirm/"
FORM: dict[str, str | list[str]] = {"name": "Billing export", "reach": "chosen", "scopes": ["reports", "sms"]}
NOON = datetime.fromisoformat("2026-11-24T14:32:00+01:00")  # in Warsaw, where the account is


def url(account: Account, name: str = "api_keys", *more: object) -> str:
    return reverse(f"panel:{name}", args=[account.pk, *more])


def new(account: Account) -> str:
    return url(account, "api_key_new")


def make_key(account: Account, name: str = "CRM", **changed: Any) -> APIKey:
    return create_api_key(account=account, name=Name(name), **{"scopes": None, "actor": OPERATOR, **changed})[
        0
    ]


def stored(key: APIKey, **columns: object) -> APIKey:
    """The key with what time has done to it."""
    APIKey.objects.filter(pk=key.pk).update(**columns)
    key.refresh_from_db()
    return key


def shown_key(response: Answer) -> str:
    found = re.search(r'id="api-key">([0-9a-f]{20})<wbr>([0-9a-f]{20})<', response.content.decode())
    assert found
    return "".join(found.groups())


def rows(page: str) -> list[str]:
    """The rows of the tables' bodies."""
    return re.findall(r'<tr role="row"[^>]*> <td.*?</tr>', page)


@pytest.fixture
def owner(alice: Client) -> Client:
    """Alice, who has given her password just now."""
    confirm(alice)
    return alice


# --- Who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "sees", "changes"),
    [("alice", 200, 200), ("ada", 200, 200), ("bob", 200, 403), ("charlie", 404, 404)],
)
def test_who_may(who: str, sees: int, changes: int, account: Account, request: pytest.FixtureRequest) -> None:
    client: Client = request.getfixturevalue(who)
    confirm(client)
    key = make_key(account)
    assert client.get(url(account)).status_code == sees
    assert client.get(new(account)).status_code == changes
    assert client.get(url(account, "api_key_revoke", key.pk)).status_code == changes
    assert client.post(new(account), FORM).status_code == changes
    assert account.api_keys.count() == (2 if changes == 200 else 1)
    answer = client.post(url(account, "api_key_revoke", key.pk))
    assert answer.status_code == (302 if changes == 200 else changes)
    key.refresh_from_db()
    assert key.is_live == (changes != 200)


def test_a_visitor_signs_in_first(client: Client, account: Account) -> None:
    for address in (url(account), new(account), url(account, "api_key_revoke", 1)):
        assert client.get(address)["Location"].startswith("/panel/sign-in/")


def test_a_viewer_sees_the_list_and_nothing_to_press(bob: Client, account: Account) -> None:
    key = make_key(account)
    page = text(bob.get(url(account)))
    assert f"••••{key.hint}" in page
    assert "New API key" not in page
    assert "Revoke API key" not in page
    assert "<dialog" not in page


def test_a_viewer_of_an_empty_list_is_offered_nothing(bob: Client, account: Account) -> None:
    page = text(bob.get(url(account)))
    assert "Call the API with one header" in page
    assert "New API key" not in page


def test_a_key_of_another_account_is_not_there(owner: Client, cast: Cast) -> None:
    theirs = make_key(cast.elsewhere)
    address = url(cast.account, "api_key_revoke", theirs.pk)
    for answer in (owner.get(address), owner.post(address)):
        assert answer.status_code == 404
    assert theirs.hint not in text(owner.get(url(cast.account)))
    theirs.refresh_from_db()
    assert theirs.is_live


@pytest.mark.parametrize("key", [0, 10**30])
def test_a_key_that_cannot_be_is_not_there(owner: Client, account: Account, key: int) -> None:
    assert owner.post(url(account, "api_key_revoke", key)).status_code == 404


def test_a_post_without_its_csrf_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
    key = make_key(cast.account)
    assert client.post(new(cast.account), FORM).status_code == 403
    assert client.post(url(cast.account, "api_key_revoke", key.pk)).status_code == 403
    assert APIKey.objects.get().is_live


def test_other_methods_are_refused(owner: Client, account: Account) -> None:
    assert owner.post(url(account)).status_code == 405
    assert owner.put(new(account)).status_code == 405
    assert owner.delete(url(account, "api_key_revoke", make_key(account).pk)).status_code == 405


# --- Proving once more who one is ---------------------------------------------------------------


def test_creating_asks_for_the_password_and_goes_on_from_there(alice: Client, account: Account) -> None:
    for answer in (alice.get(new(account)), alice.post(new(account), FORM)):
        assert answer["Location"].startswith(f"{CONFIRM}?next=")
    assert not account.api_keys.exists()

    created = alice.post(answer["Location"], {"password": PASSWORD})
    assert digest(shown_key(created)) == bytes(account.api_keys.get().digest)
    assert "no-store" in created["Cache-Control"]


def test_the_password_of_long_ago_does_not_count(owner: Client, account: Account) -> None:
    assert owner.get(new(account)).status_code == 200
    with time_machine.travel(time.time() + 16 * 60):
        assert owner.post(new(account), FORM)["Location"].startswith(CONFIRM)
    assert not account.api_keys.exists()


def test_revoking_does_not_ask_again(alice: Client, account: Account) -> None:
    key = make_key(account)
    assert alice.post(url(account, "api_key_revoke", key.pk))["Location"] == url(account)
    assert not account.api_keys.live().exists()


# --- The list -----------------------------------------------------------------------------------


def test_an_empty_list_teaches(alice: Client, account: Account) -> None:
    page = text(alice.get(url(account)))
    assert "An API key belongs to the account, not to an application." in page
    assert "Prefer an application where you can: its tokens expire by themselves." in page
    assert "In the header <code>X-API-KEY</code> of every call." in page
    assert page.count(f'href="{new(account)}"') == 1
    assert "<table" not in page


@time_machine.travel(NOON, tick=False)
def test_a_row_tells_all_about_a_key(alice: Client, cast: Cast) -> None:
    end = NOON + timedelta(days=400)
    scopes = Scope.objects.filter(name__in=["sms", "groups", "reports", "account"])
    key = make_key(cast.account, "Back office export", scopes=scopes, expires_at=end)
    stored(
        key,
        created_by="ada@marlowe.example",
        created_at=NOON - timedelta(days=321),
        last_used_at=NOON - timedelta(minutes=6),
        last_used_ip="198.51.100.40",
    )
    page = text(alice.get(url(cast.account)))
    (row,) = rows(page)
    assert (
        f'<span class="title"><bdi>Back office export</bdi></span><small><code>••••{key.hint}</code></small>'
        in row
    )
    assert (
        '<span class="chip">sms</span><span class="chip">reports</span><span class="chip">groups</span>'
        in row
    )
    assert 'title="account">+1' in row
    assert re.search(r"<div>Ada Marlowe<small><time [^>]+>7 January</time></small></div>", row)
    assert re.search(r">29 December 2027</time>", row)
    assert re.search(r">6 minutes ago</time><small>from <code>198.51.100.40</code></small>", row)
    assert "In use</span>" in row
    assert f'href="{url(cast.account, "api_key_revoke", key.pk)}" data-open="revoke-{key.pk}"' in row
    assert f'aria-label="Revoke API key Back office export, ending in {key.hint}"' in row
    assert "Prefer an application where you can." in page


def test_what_was_not_said_of_a_key_is_said_in_words(alice: Client, account: Account) -> None:
    make_key(account, "")
    (row,) = rows(text(alice.get(url(account))))
    assert '<span class="title"><bdi>Untitled</bdi></span>' in row
    assert "<span>All scopes</span>" in row
    assert "<div>operator<small>" in row
    assert row.count("<div>Never</div>") == 2  # expires, last used
    assert "Not used yet</span>" in row


@pytest.mark.parametrize(
    ("columns", "words", "kind"),
    [
        ({}, "Not used yet", ""),
        ({"last_used_at": timedelta(days=29)}, "In use", " ok"),
        ({"last_used_at": timedelta(days=30)}, "Unused for 30 days", " warn"),
        ({"last_used_at": timedelta(days=340)}, "Unused for 11 months", " warn"),
        ({"expires_at": timedelta(days=-6)}, "Expires soon", " warn"),
        ({"expires_at": timedelta(days=-8)}, "Not used yet", ""),
        ({"expires_at": timedelta(days=-6), "last_used_at": timedelta(days=50)}, "Expires soon", " warn"),
        ({"expires_at": timedelta(seconds=1)}, "Expired", ""),
        ({"revoked_at": timedelta(seconds=1)}, "Revoked", ""),
        ({"revoked_at": timedelta(days=1), "expires_at": timedelta(hours=1)}, "Revoked", ""),
    ],
)
@time_machine.travel(NOON, tick=False)
def test_the_state_of_a_key(
    alice: Client, account: Account, columns: dict[str, timedelta], words: str, kind: str
) -> None:
    times = {name: NOON - ago for name, ago in columns.items()}
    stored(make_key(account), **{"created_at": NOON - timedelta(days=400), **times})
    (row,) = rows(text(alice.get(url(account))))
    assert re.search(rf'<span class="state{kind}"><svg .*?</svg>{words}</span>', row)


def test_a_scope_that_was_retired_is_shown_as_taken_away(alice: Client, account: Account) -> None:
    make_key(account, scopes=Scope.objects.filter(name__in=["sms", "groups"]))
    retire_scope(scope=Scope.objects.get(name="groups"), actor=OPERATOR)
    (row,) = rows(text(alice.get(url(account))))
    assert '<span class="chip">sms</span></div> <small>Taken away: <del>groups</del></small>' in row


def test_a_key_whose_scopes_were_all_retired_does_not_look_like_one_for_all(
    alice: Client, account: Account
) -> None:
    make_key(account, scopes=Scope.objects.filter(name="groups"))
    retire_scope(scope=Scope.objects.get(name="groups"), actor=OPERATOR)
    (row,) = rows(text(alice.get(url(account))))
    assert "Taken away: <del>groups</del>" in row
    assert "All scopes" not in row


def test_the_newest_comes_first_and_those_that_stopped_come_apart(alice: Client, account: Account) -> None:
    for name in ("First", "Second", "Third", "Fourth"):
        make_key(account, name)
    keys = {key.name: key for key in account.api_keys.all()}
    revoke_api_key(api_key=keys["Second"], actor=OPERATOR)
    stored(keys["Third"], created_at=now() - timedelta(days=2), expires_at=now() - timedelta(days=1))
    page = text(alice.get(url(account)))
    names = [re.findall(r'class="title"><bdi>(\w+)<', row)[0] for row in rows(page)]
    assert names == ["Fourth", "First", "Second", "Third"]
    working, stopped = page.split("Stopped keys</h2>")
    assert "Second" not in working
    assert ">Yesterday</time>" in stopped  # when the Third expired
    assert "Revoke API key" not in stopped.split("<dialog")[0]
    assert page.count("<dialog") == 2


def test_a_list_of_which_all_have_stopped_offers_a_new_one(alice: Client, account: Account) -> None:
    revoke_api_key(api_key=make_key(account), actor=OPERATOR)
    page = text(alice.get(url(account)))
    assert "Call the API with one header" in page
    assert page.count(f'href="{new(account)}"') == 1
    assert len(rows(page)) == 1


def test_many_keys_cost_as_many_queries_as_one(
    alice: Client, account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_key(account)
    revoke_api_key(api_key=make_key(account), actor=OPERATOR)
    with django_assert_num_queries(10) as few:
        alice.get(url(account))
    for number in range(60):
        key = make_key(account, f"Key {number}", scopes=Scope.objects.filter(name="sms"))
        AddressUse.objects.create(api_key=key, ip="192.0.2.1", day=now().date(), count=2, last_at=now())
        if number % 2:
            revoke_api_key(api_key=key, actor=OPERATOR)
    with django_assert_num_queries(len(few.captured_queries)):
        page = text(alice.get(url(account)))
    assert len(rows(page)) == 50
    assert "1–25 of 31 API keys" in page
    assert "26–31 of 31 API keys" in text(alice.get(f"{url(account)}?page=2"))


def test_the_list_stands_in_the_menu(alice: Client, account: Account) -> None:
    for address in (url(account), new(account)):
        confirm(alice)
        page = text(alice.get(address))
        assert re.search(rf'<a href="{url(account)}" aria-current="page"><svg.*?</svg>API keys</a>', page)


# --- The form -----------------------------------------------------------------------------------


def test_the_form_offers_every_scope_and_chooses_none(owner: Client, account: Account) -> None:
    page = text(owner.get(new(account)))
    assert page.count('type="checkbox" name="scopes"') == 15
    assert re.findall(r'value="(\w+)"[^>]* checked', page) == ["chosen"]
    assert "The key works until the end of that day in Europe/Warsaw." in page
    assert 'type="date" name="expires_at"' in page


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"name": " "}, "name", "Give the key a name that says which program uses it."),
        ({"name": "x" * 101}, "name", "Ensure this value has at most 100 characters (it has 101)."),
        ({"name": "two\nlines"}, "name", "A name is one line, without control characters."),
        ({"name": "nul\x00"}, "name", "A name is one line, without control characters."),
        ({"reach": ""}, "reach", "Choose what the key may do."),
        ({"reach": "nothing"}, "reach", "Select a valid choice."),
        ({"reach": "all\x00"}, "reach", "Select a valid choice."),
        ({"scopes": []}, "scopes", "Choose at least one scope, or all scopes."),
        ({"scopes": ["nonsense"]}, "scopes", "There is no scope “nonsense”."),
        ({"scopes": ["sms groups"]}, "scopes", "There is no scope “sms groups”."),
        ({"scopes": ["sms\x00"]}, "scopes", "Null characters are not allowed."),
        ({"expires_at": "31.12.2026"}, "expires_at", "Write the date as year, month and day"),
        ({"expires_at": "2026-02-30"}, "expires_at", "Write the date as year, month and day"),
        ({"expires_at": "\x00"}, "expires_at", "Write the date as year, month and day"),
        ({"expires_at": "2026-11-23"}, "expires_at", "Choose today or a later day, or leave it empty."),
        ({"expires_at": "0001-01-01"}, "expires_at", "Choose today or a later day, or leave it empty."),
        ({"expires_at": "2036-11-30"}, "expires_at", "Choose a day within the next 10 years"),
        ({"expires_at": "9999-12-31"}, "expires_at", "Choose a day within the next 10 years"),
    ],
)
@time_machine.travel(NOON, tick=False)
def test_what_cannot_be_is_said_at_its_field(
    alice: Client, account: Account, changed: dict[str, Any], field: str, words: str
) -> None:
    confirm(alice)
    response = alice.post(new(account), {**FORM, **changed})
    page = text(response)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert "This API key was not created" in page
    assert re.search(rf'<a href="#id_{field}">{re.escape(words)}', page)
    assert re.search(rf'id="id_{field}_error">.*?{re.escape(words)}', page)
    assert not account.api_keys.exists()


def test_all_that_is_wrong_is_said_at_once_and_what_was_right_stays(owner: Client, account: Account) -> None:
    page = text(owner.post(new(account), {"reach": "chosen", "expires_at": "2001-01-01", "name": ""}))
    assert re.findall(r'<a href="#id_(\w+)">', page) == ["name", "scopes", "expires_at"]
    page = text(owner.post(new(account), {**FORM, "expires_at": "2001-01-01"}))
    assert re.findall(r'name="scopes" value="(\w+)"[^>]* checked', page) == ["sms", "reports"]
    assert 'value="Billing export"' in page
    assert 'value="2001-01-01"' in page


def test_a_day_that_ended_while_the_form_was_sent_is_said_too(owner: Client, account: Account) -> None:
    with time_machine.travel(datetime.fromisoformat("2026-11-24T23:59:59.5+01:00"), tick=False):
        confirm(owner)
        response = owner.post(new(account), {**FORM, "expires_at": "2026-11-24"})
    assert response.status_code == 422
    assert "Choose a time in the future, or none." in text(response)


# --- Created ------------------------------------------------------------------------------------


@time_machine.travel(NOON, tick=False)
def test_it_creates_what_was_asked_for(alice: Client, account: Account) -> None:
    confirm(alice)
    response = alice.post(new(account), {**FORM, "expires_at": "2027-01-31"})
    key = account.api_keys.get()
    assert response.status_code == 200
    assert (key.name, key.scope) == ("Billing export", "sms reports")  # in catalogue order
    assert key.expires_at == datetime(2027, 1, 31, 22, 59, 59, tzinfo=UTC)  # the end of the day in Warsaw
    assert key.created_by == "alice@marlowe.example"
    event = AuditEvent.objects.get(account=account, action=Action.API_KEY_CREATED)
    assert (event.actor, event.ip, event.target) == ("alice@marlowe.example", "127.0.0.1", str(key))
    assert event.request_id == response["X-Request-Id"]
    assert event.details["scopes"] == "sms reports"


def test_a_key_that_ends_today_works_today(owner: Client, account: Account) -> None:
    with time_machine.travel(NOON, tick=False):
        confirm(owner)
        owner.post(new(account), {**FORM, "expires_at": "2026-11-24"})
        assert account.api_keys.live().exists()
    with time_machine.travel(datetime.fromisoformat("2026-11-25T00:00:00+01:00"), tick=False):
        assert not account.api_keys.live().exists()


def test_the_day_is_that_of_the_account(owner: Client, account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(timezone="Pacific/Auckland")
    with time_machine.travel(datetime.fromisoformat("2026-11-24T12:00:00+00:00"), tick=False):  # 25th there
        confirm(owner)
        yesterday = owner.post(new(account), {**FORM, "expires_at": "2026-11-24"})
        assert "Choose today or a later day, or leave it empty." in text(yesterday)
        owner.post(new(account), {**FORM, "expires_at": "2026-11-25"})
    assert account.api_keys.get().expires_at == datetime(2026, 11, 25, 10, 59, 59, tzinfo=UTC)


def test_all_scopes_are_all_whatever_is_ticked(owner: Client, account: Account) -> None:
    for scopes in ([], ["sms"], ["nonsense"]):
        assert owner.post(new(account), {**FORM, "reach": "all", "scopes": scopes}).status_code == 200
    assert set(account.api_keys.values_list("scope", flat=True)) == {""}
    assert account.api_keys.count() == 3


def test_the_page_shows_the_key_and_what_to_do_with_it(owner: Client, account: Account) -> None:
    response = owner.post(new(account), {**FORM, "scopes": ["account", "sms"]})
    key, page = account.api_keys.get(), text(response)
    assert digest(shown_key(response)) == bytes(key.digest)
    assert shown_key(response)[-4:] == key.hint
    assert "Billing export was created" in page
    assert "Save the key now. It is not stored here and cannot be shown again." in page
    for words in ("Copy API key", "I have saved the key", "Continue", "Shown once"):
        assert words in page
    assert f'data-leave-once="{url(account)}"' in page
    assert "curl http://localhost:8000/account \\ --header <span" in page
    assert '"X-API-KEY: $LATCHKEY_API_KEY"</span>' in page
    assert "insufficient_scope" not in page
    link = re.search(r'href="data:text/plain;charset=utf-8,([^"]*)" download="([^"]*)"', page)
    assert link
    assert (unquote(link[1]), link[2]) == (f"LATCHKEY_API_KEY={shown_key(response)}\n", "billing-export.env")


def test_a_key_that_may_not_ask_for_the_account_is_told_so(owner: Client, account: Account) -> None:
    assert "so the answer is 403 <code>insufficient_scope</code>" in text(owner.post(new(account), FORM))
    assert "insufficient_scope" not in text(owner.post(new(account), {**FORM, "reach": "all"}))


def test_the_example_is_right(owner: Client, account: Account) -> None:
    value = shown_key(owner.post(new(account), {**FORM, "reach": "all"}))
    answer = Client().get("/account", headers={"X-API-KEY": value})
    assert (answer.status_code, answer.json()["account"]["id"]) == (200, account.pk)
    refused = Client().get("/account", headers={"X-API-KEY": shown_key(owner.post(new(account), FORM))})
    assert (refused.status_code, refused.json()["error"]["type"]) == (403, "insufficient_scope")


def test_every_link_of_the_page_leads_somewhere(owner: Client, account: Account) -> None:
    page = owner.post(new(account), FORM).content.decode()
    links = set(re.findall(rf'(?:href|action)="(/panel/{account.pk}/[^"#]*)"', page))
    assert url(account) in links
    assert {link: owner.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_key_is_kept_by_nobody(owner: Client, account: Account) -> None:
    response = owner.post(new(account), FORM)
    value = shown_key(response)
    assert "no-store" in response["Cache-Control"]
    assert value not in str(AuditEvent.objects.filter(account=account).values())
    assert value not in str(APIKey.objects.values())
    assert value not in str(dict(owner.session.items()))
    for address in (url(account), new(account)):
        assert value not in owner.get(address).content.decode()


# --- Sent twice ---------------------------------------------------------------------------------


def test_sent_twice_it_creates_once_and_says_so(owner: Client, account: Account) -> None:
    form = {**FORM, "submission": str(uuid.uuid4())}
    first, second = owner.post(new(account), form), owner.post(new(account), form)
    assert account.api_keys.count() == 1
    assert (second.status_code, second["Location"]) == (302, url(account))
    page = text(owner.get(url(account)))
    assert "This form was sent twice, and created one API key." in page
    assert "if you do not have it, revoke it and create another" in page
    assert shown_key(first) not in page
    assert AuditEvent.objects.filter(account=account, action=Action.API_KEY_CREATED).count() == 1


def test_the_same_form_makes_no_second_key_after_the_first_was_revoked(
    owner: Client, account: Account
) -> None:
    form = {**FORM, "submission": str(uuid.uuid4())}
    owner.post(new(account), form)
    revoke_api_key(api_key=account.api_keys.get(), actor=OPERATOR)
    assert owner.post(new(account), form).status_code == 302
    assert not account.api_keys.live().exists()


def test_a_sending_of_another_account_is_another_one(owner: Client, charlie: Client, cast: Cast) -> None:
    form = {**FORM, "submission": str(uuid.uuid4())}
    confirm(charlie)
    assert charlie.post(new(cast.elsewhere), form).status_code == 200
    assert owner.post(new(cast.account), form).status_code == 200


def test_each_form_is_a_sending_of_its_own(owner: Client, account: Account) -> None:
    pages = [owner.get(new(account)).content.decode() for _number in range(2)]
    first, second = (re.findall(r'type="hidden" name="submission" value="([^"]+)"', page) for page in pages)
    assert len(first) == len(second) == 1
    assert uuid.UUID(first[0]) != uuid.UUID(second[0])


@pytest.mark.parametrize("submission", ["", "garbage", "\x00", "1" * 500])
def test_garbage_for_a_sending_counts_as_none(owner: Client, account: Account, submission: str) -> None:
    for _number in range(2):
        assert owner.post(new(account), {**FORM, "submission": submission}).status_code == 200
    assert account.api_keys.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_form_sent_twice_at_once_creates_one_key() -> None:
    account, submission = make_account("Demo"), uuid.uuid4()

    def create() -> object:
        return make_key(account, submission=submission)

    results = at_once(*[create] * 4)
    assert sum(isinstance(result, Conflict) for result in results) == 3
    assert account.api_keys.count() == 1


# --- Revoking -----------------------------------------------------------------------------------


def used(key: APIKey, ip: str, count: int, *, days_ago: int = 0) -> None:
    moment = now() - timedelta(days=days_ago)
    AddressUse.objects.create(api_key=key, ip=ip, count=count, day=moment.date(), last_at=moment)


PLACES: list[Callable[[APIKey], str]] = [
    lambda key: url(key.account),
    lambda key: url(key.account, "api_key_revoke", key.pk),
]


@pytest.mark.parametrize("place", PLACES, ids=["dialog", "page"])
@time_machine.travel(NOON, tick=False)
def test_the_question_says_what_stops(
    alice: Client, account: Account, place: Callable[[APIKey], str]
) -> None:
    key = make_key(account, "Back office export")
    stored(key, last_used_at=NOON - timedelta(minutes=6), last_used_ip="198.51.100.40")
    used(key, "198.51.100.40", 1200)
    used(key, "198.51.100.40", 34, days_ago=3)
    used(key, "203.0.113.7", 1, days_ago=2)
    used(key, "192.0.2.1", 50, days_ago=31)
    used(make_key(account, "Another"), "192.0.2.2", 7)
    page = text(alice.get(place(key)))
    assert f"Revoke the API key <bdi>Back office export</bdi>, ending in {key.hint}?" in page
    assert re.search(r"Last used: <time [^>]+>6 minutes ago</time>, from <code>198.51.100.40</code>\.", page)
    assert "Programs that send it get 401 at their next call, for good." in page
    assert '<dt>Calls, 30 days</dt><dd class="figure">1,235</dd>' in page
    assert '<dt>Addresses</dt><dd class="figure">2</dd>' in page
    assert "<code>198.51.100.40</code><span>1,234 calls · " in page
    assert "<code>203.0.113.7</code><span>1 call · " in page
    assert "192.0.2.1<" not in page


def test_a_use_that_is_not_counted_yet_is_not_left_out(alice: Client, account: Account) -> None:
    key = stored(make_key(account), last_used_at=now(), last_used_ip="198.51.100.40")
    page = text(alice.get(url(account, "api_key_revoke", key.pk)))
    assert '<dt>Calls, 30 days</dt><dd class="figure">1</dd>' in page
    assert "<code>198.51.100.40</code><span>1 call · " in page


def test_the_question_about_a_key_that_was_never_used(alice: Client, account: Account) -> None:
    page = text(alice.get(url(account, "api_key_revoke", make_key(account).pk)))
    assert "It was never used. Programs that send it get 401 at their next call, for good." in page
    assert '<dt>Last used</dt><dd class="figure">Never</dd>' in page


def test_names_are_not_markup(owner: Client, account: Account) -> None:
    name = "<b>& Söhne"
    pages = [owner.post(new(account), {**FORM, "name": name})]
    key = account.api_keys.get()
    pages += [owner.get(url(account)), owner.get(url(account, "api_key_revoke", key.pk))]
    pages += [owner.post(url(account, "api_key_revoke", key.pk), follow=True)]
    for answer in pages:
        assert "&lt;b&gt;&amp; Söhne" in answer.content.decode()
        assert "<b>& Söhne" not in answer.content.decode()


def test_a_revoked_key_stops_and_the_list_says_so(alice: Client, account: Account) -> None:
    key, value = create_api_key(account=account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    assert Client().get("/account", headers={"X-API-KEY": value}).status_code == 200
    answer = alice.post(url(account, "api_key_revoke", key.pk), follow=True)
    page = text(answer)
    assert answer.redirect_chain == [(url(account), 302)]
    words = f"The API key CRM ••••{key.hint} was revoked. Programs that send it get 401 at their next call."
    assert words in page
    assert Client().get("/account", headers={"X-API-KEY": value}).status_code == 401
    event = AuditEvent.objects.get(account=account, action=Action.API_KEY_REVOKED)
    assert (event.actor, event.target) == ("alice@marlowe.example", str(key))


def test_asking_revokes_nothing(alice: Client, account: Account) -> None:
    key = make_key(account)
    page = text(alice.get(url(account, "api_key_revoke", key.pk)))
    assert f'<a class="button push" href="{url(account)}">Cancel</a>' in page
    key.refresh_from_db()
    assert key.is_live


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_key_that_has_stopped_is_not_revoked_again(alice: Client, account: Account, method: str) -> None:
    key = make_key(account)
    revoke_api_key(api_key=key, actor=OPERATOR)
    answer = getattr(alice, method)(url(account, "api_key_revoke", key.pk), follow=True)
    assert answer.redirect_chain == [(url(account), 302)]
    assert "This API key has stopped already." in text(answer)
    assert AuditEvent.objects.filter(action=Action.API_KEY_REVOKED).count() == 1
