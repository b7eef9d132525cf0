"""Tokens of an application: the list, revoking one, revoking all."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from applications.models import AccessToken, Application, AuditEvent
from applications.models.applications import Lifetime
from applications.models.audit import Action
from applications.operations.actors import OPERATOR
from applications.operations.applications import switch_application, update_application
from applications.operations.tokens import revoke_token
from applications.panel import impact
from applications.rules.credentials import new_credential, token_key
from applications.rules.names import Name
from tests.cast import Cast
from tests.factories import make_application, make_token
from tests.panel.addresses import of
from tests.panel.pages import text


def shown(client: Client, application: Application, **query: str) -> list[AccessToken]:
    """The tokens on the page, in its order."""
    answer = client.get(of(application, "tokens"), query)
    assert answer.status_code == 200
    return [row.token for row in answer.context["rows"]]


def make_many(application: Application, number: int) -> None:
    issued = now()
    AccessToken.objects.bulk_create(
        AccessToken(
            key=token_key(new_credential()),
            hint=f"{count % 10000:04}",
            application=application,
            generation=application.generation,
            scope=application.scope,
            issued_at=issued,
            issued_ip=f"198.51.{count % 100}.1",
        )
        for count in range(number)
    )


# --- Who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [("alice", 200), ("ada", 200), ("bob", 200), ("charlie", 404)])
def test_members_see_them_and_strangers_learn_nothing(
    who: str, status: int, application: Application, request: pytest.FixtureRequest
) -> None:
    assert request.getfixturevalue(who).get(of(application, "tokens")).status_code == status


@pytest.mark.parametrize(("who", "status"), [("bob", 403), ("charlie", 404)])
def test_only_owners_and_admins_revoke(
    who: str, status: int, application: Application, request: pytest.FixtureRequest
) -> None:
    token = make_token(application)
    client = request.getfixturevalue(who)
    for address in (of(application, "token_revoke", token.pk), of(application, "tokens_revoke_all")):
        assert client.get(address).status_code == status
        assert client.post(address).status_code == status
    assert application.tokens.live().exists()


def test_a_viewer_has_nothing_to_press(bob: Client, application: Application) -> None:
    token = make_token(application)
    page = text(bob.get(of(application, "tokens")))
    assert str(token) in page
    assert "<dialog" not in page
    assert "Revoke" not in page


# --- The list -----------------------------------------------------------------------------------


def test_live_ones_newest_first(alice: Client, application: Application) -> None:
    first, second = make_token(application), make_token(application, lives=None)
    make_token(application, issued_at=now() - timedelta(days=2))  # lived out
    revoke_token(token=make_token(application), actor=OPERATOR)
    make_token(make_application(application.account, name="Other")[0])
    assert shown(alice, application) == [second, first]


def test_what_stands_in_a_row(alice: Client, application: Application) -> None:
    token = make_token(application, scope="sms", ip="2001:db8::7", last_used_at=now())
    unused = make_token(application, lives=None)
    page = text(alice.get(of(application, "tokens")))
    assert "2 active tokens" in page
    for word in (
        f"••••{token.hint}",
        f"••••{unused.hint}",
        "<code>2001:db8::7</code>",
        "in 24 hours",
        "Just now",
    ):
        assert word in page
    assert page.count("Never") >= 3  # unused: expires, last used; and in its question
    assert token.key.hex not in page


def test_lost_scopes_are_marked_and_new_ones_do_not_appear(alice: Client, application: Application) -> None:
    make_token(application)
    scopes = application.scopes.model.objects.filter(name__in=["sms", "viber"])
    update_application(
        application=application, name=Name(""), lifetime=Lifetime.DAY, scopes=scopes, actor=OPERATOR
    )
    answer = alice.get(of(application, "tokens"))
    [row] = answer.context["rows"]
    assert (row.scopes, row.lost) == (("sms",), ["groups"])
    assert "Taken away: <del>groups</del>" in text(answer)


def test_without_tokens_it_says_how_to_ask_for_one(alice: Client, application: Application) -> None:
    page = text(alice.get(of(application, "tokens")))
    assert "No token is live" in page
    assert "has not asked for a token yet" in page
    assert "<dialog" not in page
    Application.objects.filter(pk=application.pk).update(last_used_at=now())
    assert "have expired or were revoked" in text(alice.get(of(application, "tokens")))


def test_tokens_of_a_disabled_application_wait(alice: Client, application: Application) -> None:
    token = make_token(application)
    switch_application(application=application, enabled=False, actor=OPERATOR)
    page = text(alice.get(of(application, "tokens")))
    assert "<bdi>Order notifications</bdi> is disabled, so none of these works" in page
    assert "1 waiting token" in page
    assert "Revoked" not in page
    alice.post(of(application, "token_revoke", token.pk))
    switch_application(application=application, enabled=True, actor=OPERATOR)
    assert not application.tokens.live().exists()


def test_pages(alice: Client, application: Application) -> None:
    make_many(application, 60)
    newest = list(application.tokens.order_by("-pk"))
    assert shown(alice, application) == newest[:25]
    assert shown(alice, application, page="3") == newest[50:]
    assert "51–60 of 60" in text(alice.get(of(application, "tokens"), {"page": "3"}))


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "", "\x00", "9" * 400])
def test_a_page_that_there_is_not_is_the_nearest(alice: Client, application: Application, page: str) -> None:
    make_token(application)
    assert len(shown(alice, application, page=page)) == 1


def test_as_many_queries_for_three_rows_as_for_ten_thousand(alice: Client, application: Application) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = alice.get(of(application, "tokens"))
        assert len(answer.content) < 100_000
        return len(captured)

    make_many(application, 3)
    few = queries()
    make_many(application, 9_997)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does: figures of an empty table make a plan for one
    assert queries() == few
    page = text(alice.get(of(application, "tokens")))
    assert "10,000 active tokens" in page
    assert "1–25 of 10,000" in page


def test_beyond_what_is_counted_it_says_plus(
    alice: Client, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact, "MAX_TOKENS", 2)
    make_many(application, 4)
    page = text(alice.get(of(application, "tokens")))
    assert "2+ active tokens" in page
    assert "Revoke all 2+ tokens of <bdi>Order notifications</bdi>?" in page


# --- Revoking one -------------------------------------------------------------------------------


def test_revoking_one_asks_with_its_last_use(alice: Client, application: Application) -> None:
    token = make_token(application, last_used_at=now())
    for address in (of(application, "tokens"), of(application, "token_revoke", token.pk)):
        page = text(alice.get(address))
        assert f"Revoke the token ending in {token.hint}?" in page
        assert "from <code>198.51.100.23</code>. Its client gets 401 at the next call." in page
        assert f'action="{of(application, "token_revoke", token.pk)}"' in page


def test_revoking_one(alice: Client, application: Application) -> None:
    token, other = make_token(application), make_token(application)
    answer = alice.post(of(application, "token_revoke", token.pk), follow=True)
    assert f"The token ending in {token.hint} was revoked. Its client gets 401 at the next call." in text(
        answer
    )
    assert application.tokens.live().get() == other
    event = AuditEvent.objects.filter(action=Action.TOKEN_REVOKED).get()
    assert (event.actor, event.details) == ("alice@marlowe.example", {"token": token.hint})


def test_revoking_twice_is_said(alice: Client, application: Application) -> None:
    token = make_token(application)
    alice.post(of(application, "token_revoke", token.pk))
    answer = alice.post(of(application, "token_revoke", token.pk), follow=True)
    assert "This token has stopped already." in text(answer)
    assert AuditEvent.objects.filter(action=Action.TOKEN_REVOKED).count() == 1


def test_a_token_of_another_application_is_not_found(alice: Client, cast: Cast) -> None:
    own, _secret = make_application(cast.account, name="Own")
    for foreign in (make_token(cast.his), make_token(own)):
        address = of(cast.application, "token_revoke", foreign.pk)
        assert alice.get(address).status_code == 404
        assert alice.post(address).status_code == 404
    assert AccessToken.objects.live().count() == 2


@pytest.mark.parametrize("token", [0, 987654, 2**63, 10**40])
def test_a_token_that_there_is_not_is_not_found(alice: Client, application: Application, token: int) -> None:
    assert alice.post(of(application, "token_revoke", token)).status_code == 404


# --- Revoking all -------------------------------------------------------------------------------


def test_revoking_all_says_how_many_and_from_where(alice: Client, application: Application) -> None:
    for _time in range(3):
        make_token(application, ip="203.0.113.7", last_used_at=now())
    make_token(application, ip="198.51.100.1")
    for place in ("tokens", "tokens_revoke_all", "danger"):
        page = text(alice.get(of(application, place)))
        assert "Revoke all 4 tokens of <bdi>Order notifications</bdi>?" in page
        assert '<dt>Live tokens</dt><dd class="figure">4</dd>' in page
        assert '<dt>Addresses</dt><dd class="figure">2</dd>' in page
        assert "<code>203.0.113.7</code><span>3 tokens" in page


def test_revoking_all(alice: Client, cast: Cast) -> None:
    make_token(cast.application)
    make_token(cast.application)
    other = make_token(make_application(cast.account, name="Other")[0])
    answer = alice.post(of(cast.application, "tokens_revoke_all"), follow=True)
    assert "All 2 tokens of Order notifications were revoked." in text(answer)
    assert "No token is live" in text(answer)
    assert AccessToken.objects.live().get() == other
    assert AuditEvent.objects.filter(action=Action.TOKENS_REVOKED).count() == 1


def test_revoking_all_of_one_and_of_none(alice: Client, application: Application) -> None:
    make_token(application)
    assert "Revoke the only token of" in text(alice.get(of(application, "tokens")))
    answer = alice.post(of(application, "tokens_revoke_all"), follow=True)
    assert "The only token of Order notifications was revoked." in text(answer)
    assert "Revoke all tokens of <bdi>Order notifications</bdi>?" in text(
        alice.get(of(application, "tokens_revoke_all"))
    )
    answer = alice.post(of(application, "tokens_revoke_all"), follow=True)
    assert "Order notifications had no live token." in text(answer)


def test_nothing_is_revoked_by_looking(alice: Client, application: Application) -> None:
    token = make_token(application)
    alice.get(of(application, "tokens_revoke_all"))
    alice.get(of(application, "token_revoke", token.pk))
    assert application.tokens.live().get() == token


def test_a_use_from_nobody_knows_where_is_told_without_an_address(
    alice: Client, application: Application
) -> None:
    """A resource server that asks about a token does not say who sent it."""
    token = make_token(application)
    for used in (AccessToken.objects, Application.objects, application.secrets):
        used.update(last_used_at=now(), last_used_ip=None)
    question = text(alice.get(of(application, "token_revoke", token.pk)))
    assert re.search(r"Last used: <time[^>]*>[^<]+</time>\. Its client gets 401 at the next call\.", question)
    safety = alice.get(reverse("panel:key_safety", args=[application.account_id]))
    assert re.search(r"Last used: <time[^>]*>[^<]+</time>\s*<", text(safety))
    pages = [alice.get(of(application, page)) for page in ("tokens", "overview", "danger")]
    assert [page.request["PATH_INFO"] for page in (*pages, safety) if "None" in text(page)] == []
