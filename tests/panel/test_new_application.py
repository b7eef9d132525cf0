"""New application and Created: who may, what is refused, and that the secret is shown once."""

import base64
import re
import uuid
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from applications.models import Account, Application, AuditEvent
from applications.models.audit import Action
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application
from applications.operations.tokens import issue_token
from applications.rules.credentials import digest
from applications.rules.networks import parse_address
from tests.cast import Cast
from tests.panel.addresses import confirm
from tests.panel.pages import Answer, text

FORM: dict[str, str | list[str]] = {"name": "Billing", "lifetime": "1 week", "scopes": ["reports", "sms"]}


def address(account: Account) -> str:
    return f"/panel/{account.pk}/applications/new/"


def secret_in(response: Answer) -> str:
    found = re.search(r'id="application-secret">(\w{20})<wbr>(\w{20})<', response.content.decode())
    assert found
    return "".join(found.groups())


def newest(account: Account) -> Application:
    return account.applications.latest("pk")


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
    ("who", "status"), [("alice", 200), ("ada", 200), ("bob", 403), ("charlie", 404), ("client", 302)]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may(
    who: str, status: int, method: str, account: Account, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(who)
    response = client.post(address(account), FORM) if method == "post" else client.get(address(account))
    assert response.status_code == status
    assert account.applications.count() == (2 if method == "post" and status == 200 else 1)


def test_other_methods_are_refused(alice: Client, account: Account) -> None:
    assert alice.put(address(account)).status_code == 405


def test_a_post_without_its_csrf_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.alice)
    assert client.post(address(cast.account), FORM).status_code == 403
    assert cast.account.applications.count() == 1


# --- The form -----------------------------------------------------------------------------------


def test_the_form_offers_everything_with_its_meaning(alice: Client, account: Account) -> None:
    response = alice.get(address(account))
    page = text(response)
    assert 'type="radio" name="lifetime" value="1 day"' in page
    assert page.count('type="radio" name="lifetime"') == 3
    assert "A token that never expires works for whoever finds it." in page
    assert page.count('type="checkbox" name="scopes"') == 15
    assert [str(group.label) for group in response.context["scope_groups"]] == [
        "Messages",
        "Content and contacts",
        "Account",
    ]
    assert "<code>shortlinks</code></b><small>Create short links and read their hits</small>" in page


def test_one_day_is_chosen_and_no_scope(alice: Client, account: Account) -> None:
    checked = re.findall(r"<input[^>]* checked[^>]*>", alice.get(address(account)).content.decode())
    assert len(checked) == 1
    assert 'value="1 day"' in checked[0]


def test_each_form_has_a_submission_of_its_own(alice: Client, account: Account) -> None:
    pages = [alice.get(address(account)).content.decode() for _number in range(2)]
    first, second = (re.findall(r'type="hidden" name="submission" value="([^"]+)"', page) for page in pages)
    assert len(first) == len(second) == 1
    assert uuid.UUID(first[0]) != uuid.UUID(second[0])


def test_without_a_scope_nothing_is_created_and_what_was_typed_stays(alice: Client, account: Account) -> None:
    response = alice.post(address(account), {"name": "Billing", "lifetime": "never"})
    page = text(response)
    assert response.status_code == 200
    assert "This application was not created" in page
    words = "Choose at least one scope. An application without a scope could do nothing."
    assert f'<a href="#id_scopes">{words}</a>' in page
    assert 'id="id_scopes"' in page
    assert 'role="group" aria-label="Scopes" aria-describedby="id_scopes_error"' in page
    assert 'id="id_scopes_error"><svg class="icon" aria-hidden="true">' in page
    assert 'value="Billing"' in page
    assert re.search(r'value="never"[^>]* checked', page)
    assert account.applications.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 101),
        ("name", "two\nlines"),
        ("name", "nul\x00"),
        ("lifetime", ""),
        ("lifetime", "for ever"),
        ("lifetime", "never\x00"),
        ("scopes", "nonsense"),
        ("scopes", "sms groups"),
        ("scopes", "SMS"),
        ("scopes", "sms\x00"),
        ("scopes", ""),
    ],
)
def test_what_cannot_be_is_an_error_at_its_field(
    alice: Client, account: Account, field: str, value: str
) -> None:
    response = alice.post(address(account), {**FORM, field: value})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert f'href="#id_{field}"' in text(response)
    assert account.applications.count() == 1


def test_the_chosen_scopes_stay_when_something_else_is_wrong(alice: Client, account: Account) -> None:
    page = text(alice.post(address(account), {**FORM, "lifetime": "for ever"}))
    checked = re.findall(r'name="scopes" value="(\w+)"[^>]* checked', page)
    assert checked == ["sms", "reports"]


# --- Created ------------------------------------------------------------------------------------


def test_it_creates_what_was_asked_for(alice: Client, account: Account) -> None:
    response = alice.post(address(account), FORM)
    application = newest(account)
    assert response.status_code == 200
    assert (application.name, application.lifetime) == ("Billing", "1 week")
    assert application.scope == "sms reports"  # in catalogue order, whatever the order of the boxes
    assert application.created_by == "alice@marlowe.example"
    event = AuditEvent.objects.get(action=Action.APPLICATION_CREATED, target="Billing")
    assert (event.actor, event.ip) == ("alice@marlowe.example", "127.0.0.1")
    assert event.request_id == response["X-Request-Id"]


def test_the_page_shows_id_and_secret_and_what_to_do_with_them(alice: Client, account: Account) -> None:
    response = alice.post(address(account), FORM)
    application, secret, page = newest(account), secret_in(response), text(response)
    pair = base64.b64encode(f"{application.application_id}:{secret}".encode()).decode()
    assert bytes(application.secrets.get().digest) == digest(secret)
    assert "Billing was created" in page
    assert "Save its secret now. It is not stored here and cannot be shown again." in page
    assert f"<code>Authorization: Basic {pair}</code>" in page
    assert f'data-copy="Basic {pair}"' in page
    for words in ("Copy application ID", "Copy application secret", "Download .env", "Continue"):
        assert words in page
    assert f'data-leave-once="/panel/{account.pk}/applications/{application.application_id}/"' in page
    assert 'data-token-url="/oauth/token"' in page


def test_the_secret_works(alice: Client, account: Account) -> None:
    response = alice.post(address(account), FORM)
    issued = issue_token(
        client_id=newest(account).application_id,
        secret=secret_in(response),
        scopes=None,
        address=parse_address("127.0.0.1"),
        request_id=str(uuid.uuid4()),
    )
    assert (issued.scope, issued.seconds) == ("sms reports", 604_800)


def test_the_file_to_download_holds_what_a_program_needs(alice: Client, account: Account) -> None:
    response = alice.post(address(account), FORM)
    link = re.search(r'href="(data:[^"]*)" download="([^"]*)"', response.content.decode())
    assert link
    media_type, _comma, body = link[1].partition(",")
    assert media_type == "data:text/plain;charset=utf-8"
    assert link[2] == "billing.env"
    assert unquote(body).splitlines() == [
        "LATCHKEY_TOKEN_URL=http://localhost:8000/oauth/token",
        f"LATCHKEY_ID={newest(account).application_id}",
        f"LATCHKEY_SECRET={secret_in(response)}",
    ]


def test_an_untitled_one_is_called_so(alice: Client, account: Account) -> None:
    response = alice.post(address(account), {**FORM, "name": "  "})
    assert newest(account).name == ""
    assert "Untitled was created" in text(response)
    assert 'download="latchkey.env"' in response.content.decode()


def test_every_link_of_the_page_leads_somewhere(alice: Client, account: Account) -> None:
    page = alice.post(address(account), FORM).content.decode()
    links = set(re.findall(rf'(?:href|action)="(/panel/{account.pk}/[^"#]*)"', page))
    application_id = newest(account).application_id
    assert f"/panel/{account.pk}/applications/{application_id}/" in links
    assert {link: alice.get(link, follow=True).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_secret_is_kept_by_nobody(alice: Client, account: Account) -> None:
    response = alice.post(address(account), FORM)
    secret = secret_in(response)
    assert "no-store" in response["Cache-Control"]
    assert secret not in str(AuditEvent.objects.filter(account=account).values())
    assert secret not in str(dict(alice.session.items()))
    application_id = newest(account).application_id
    for page in ("", "new/", f"{application_id}/"):
        assert secret not in alice.get(f"/panel/{account.pk}/applications/{page}").content.decode()


# --- Sent twice ---------------------------------------------------------------------------------


def test_sent_twice_it_creates_once_and_says_so(alice: Client, account: Account) -> None:
    form = {**FORM, "submission": str(uuid.uuid4())}
    first = alice.post(address(account), form)
    second = alice.post(address(account), form)
    assert account.applications.count() == 2
    overview = f"/panel/{account.pk}/applications/{newest(account).application_id}/"
    assert (second.status_code, second["Location"]) == (302, overview)
    page = text(alice.get(f"/panel/{account.pk}/applications/"))
    assert "This form was sent twice, and created one application." in page
    assert "if you do not have it, reset the secret" in page
    assert secret_in(first) not in page


def test_a_submission_of_another_account_tells_nothing_of_it(
    alice: Client, charlie: Client, cast: Cast
) -> None:
    form = {**FORM, "submission": str(uuid.uuid4())}
    confirm(charlie)
    charlie.post(address(cast.elsewhere), form)
    response = alice.post(address(cast.account), form)
    assert response["Location"] == f"/panel/{cast.account.pk}/applications/"
    assert cast.account.applications.count() == 1


def test_after_the_application_was_deleted_the_same_form_works_again(alice: Client, account: Account) -> None:
    form = {**FORM, "submission": str(uuid.uuid4())}
    alice.post(address(account), form)
    delete_application(application=newest(account), actor=OPERATOR)
    assert alice.post(address(account), form).status_code == 200


@pytest.mark.parametrize("submission", ["", "garbage", "\x00", "1" * 500])
def test_garbage_for_a_submission_counts_as_none(alice: Client, account: Account, submission: str) -> None:
    for _number in range(2):
        assert alice.post(address(account), {**FORM, "submission": submission}).status_code == 200
    assert account.applications.count() == 3


# --- How many ----------------------------------------------------------------------------------------


def test_a_full_account_is_told_before_and_after(alice: Client, account: Account, settings: Any) -> None:
    settings.APPLICATIONS_PER_ACCOUNT = 2
    assert "may have" not in text(alice.get(address(account)))
    form = {**FORM, "submission": str(uuid.uuid4())}
    assert alice.post(address(account), form).status_code == 200
    assert "This account has all 2 applications that it may have" in text(alice.get(address(account)))
    answer = alice.post(address(account), FORM)
    assert answer.status_code == 422
    assert "This account has 2 applications, which is as many as it may have. Delete one first." in text(
        answer
    )
    assert account.applications.count() == 2
    again = alice.post(address(account), form, follow=True)
    assert "This form was sent twice, and created one application." in text(again)
