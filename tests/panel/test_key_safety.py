"""Key safety: what was found, with its remedy, and what somebody decided to keep."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.timezone import now

from applications.models import Account, APIKey, Application, AuditEvent, KeptFinding
from applications.models.applications import Lifetime
from applications.models.findings import Finding
from applications.models.secrets import Overlap
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.operations.secrets import reset_secret
from applications.rules.names import Name
from tests.factories import make_application, make_token
from tests.panel.addresses import of
from tests.panel.pages import text

DAY = timedelta(days=1)


def address(account: Account, query: str = "") -> str:
    return reverse("panel:key_safety", args=[account.pk]) + query


def keep(application: Application, kind: Finding, query: str = "") -> str:
    args = [application.account_id, kind.value, application.application_id]
    return reverse("panel:finding_keep", args=args) + query


def new_key(account: Account, **columns: Any) -> APIKey:
    key, _value = create_api_key(account=account, name=Name("CRM sync"), scopes=None, actor=OPERATOR)
    APIKey.objects.filter(pk=key.pk).update(**columns)
    return key


@pytest.fixture
def findings(application: Application) -> Application:
    """An application and a key about which everything is found that can be."""
    reset_secret(application=application, overlap=Overlap.WEEK, actor=OPERATOR)
    application.secrets.filter(expires_at=None).update(created_at=now() - 400 * DAY)
    Application.objects.filter(pk=application.pk).update(
        lifetime=Lifetime.NEVER, last_used_at=now() - 100 * DAY, last_used_ip="198.51.100.9"
    )
    new_key(application.account, created_at=now() - 400 * DAY)
    return application


def test_each_finding_has_its_remedy(alice: Client, findings: Application, account: Account) -> None:
    page = text(alice.get(address(account)))
    old, key = findings.secrets.exclude(expires_at=None).get(), account.api_keys.get()
    for finding, remedy in (
        ("Tokens never expire", of(findings, "settings")),
        ("Two secrets work", of(findings, "secret_retire", old.pk)),
        ("Older than a year", of(findings, "secret_reset")),
        ("Unused for 90 days", of(findings, "switch")),
        ("Works from every address", of(findings, "application_allowed_ips")),
        ("Key has all scopes", reverse("panel:api_key_new", args=[account.pk])),
        ("Never used", reverse("panel:api_key_revoke", args=[account.pk, key.pk])),
        ("Works from every address", reverse("panel:allowed_ips", args=[account.pk])),
    ):
        assert finding in page
        assert f'<a class="button button-sm" href="{remedy}"' in page
    assert page.count("Keep for a year</button>") == 9
    assert f"••••{key.hint}" in page
    assert f"The old one, ending in <code>{old.hint}</code>, works until" in page
    assert "from <code>198.51.100.9</code>" in page


def test_every_remedy_leads_to_a_page(alice: Client, findings: Application, account: Account) -> None:
    page = alice.get(address(account)).content.decode()
    remedies = re.findall(r'class="button button-sm" href="([^"]+)"', page)
    assert len(remedies) == 9
    for remedy in set(remedies):
        assert alice.get(remedy).status_code in (200, 302), remedy  # 302: asks for the password first


def test_tokens_that_outlived_a_change_of_the_lifetime_are_to_be_revoked(
    alice: Client, application: Application, account: Account
) -> None:
    make_token(application, lives=None)
    page = text(alice.get(address(account)))
    assert "Its lifetime is 1 day now, but tokens issued before never expire." in page
    assert of(application, "tokens_revoke_all") in page


def test_one_kind_alone(alice: Client, findings: Application, account: Account) -> None:
    answer = alice.get(address(account, "?kind=unused"))
    assert [row.kind for row in answer.context["rows"]] == [Finding.UNUSED]
    assert 'href="?kind=unused" aria-current="page"' in text(answer)
    for odd in ("?kind=", "?kind=nothing", "?kind=%00", "?page=x", "?page=999999999999999999999"):
        assert alice.get(address(account, odd)).status_code == 200


def test_an_account_with_nothing_to_mend_is_told_so(charlie: Client, cast: Any) -> None:
    Application.objects.filter(account=cast.elsewhere).update(is_enabled=False)
    assert "Nothing to mend" in text(charlie.get(address(cast.elsewhere)))


def test_kept_with_who_and_when_and_taken_back(
    alice: Client, bob: Client, findings: Application, account: Account
) -> None:
    answer = alice.post(keep(findings, Finding.UNUSED, "?kind=unused&page=1"), follow=True)
    assert answer.redirect_chain == [(address(account, "?kind=unused&page=1"), 302)]
    assert "“Unused for 90 days” of Order notifications is kept for a year." in text(answer)
    assert answer.context["rows"] == []
    kept = KeptFinding.objects.get()
    listed = text(bob.get(address(account, "?kind=kept")))
    assert "Unused for 90 days" in listed
    assert "alice@marlowe.example" in listed
    assert "Undo" not in listed, "a viewer reads"
    undo = reverse("panel:finding_reopen", args=[account.pk, kept.pk])
    assert "is kept no longer" in text(alice.post(undo + "?kind=kept", follow=True))
    assert not KeptFinding.objects.exists()
    assert alice.post(undo).status_code == 404
    actions = AuditEvent.objects.filter(action__startswith="finding:").values_list("action", flat=True)
    assert list(actions) == ["finding:reopen", "finding:keep"]


def test_a_key_is_kept_and_the_double_click_is_told(alice: Client, account: Account) -> None:
    key = new_key(account)
    path = reverse("panel:finding_keep_of_key", args=[account.pk, "all_scopes", key.pk])
    assert "is kept for a year" in text(alice.post(path, follow=True))
    assert "This is not found any more. Nothing was changed." in text(alice.post(path, follow=True))
    assert KeptFinding.objects.get().api_key == key


def test_what_cannot_be_kept_is_not_found(
    alice: Client, findings: Application, account: Account, cast: Any
) -> None:
    assert alice.post(keep(findings, Finding.UNUSED).replace("unused", "nothing")).status_code == 404
    assert alice.get(keep(findings, Finding.UNUSED)).status_code == 405
    his = keep(cast.his, Finding.NO_ALLOWED_IPS).replace(f"/{cast.elsewhere.pk}/", f"/{account.pk}/", 1)
    assert alice.post(his).status_code == 404
    theirs = new_key(cast.elsewhere)
    path = reverse("panel:finding_keep_of_key", args=[account.pk, "all_scopes", theirs.pk])
    assert alice.post(path).status_code == 404
    assert not KeptFinding.objects.exists()


def test_a_viewer_reads_and_changes_nothing(bob: Client, findings: Application, account: Account) -> None:
    page = text(bob.get(address(account)))
    assert "Tokens never expire" in page
    assert "Keep for a year" not in page
    assert "button-sm" not in page
    assert bob.post(keep(findings, Finding.UNUSED)).status_code == 403


def test_the_audit_log_tells_the_decision_in_words(
    alice: Client, findings: Application, account: Account
) -> None:
    alice.post(keep(findings, Finding.UNUSED))
    page = text(alice.get(reverse("panel:audit_log", args=[account.pk])))
    assert "decided to keep a finding about" in page
    assert "Unused for 90 days" in page


def test_many_take_as_many_queries_as_few_and_are_paged(
    alice: Client, findings: Application, account: Account
) -> None:
    other, _secret = make_application(account, name="Other")
    reset_secret(application=other, overlap=Overlap.WEEK, actor=OPERATOR)
    with CaptureQueriesContext(
        connection,
    ) as few:
        alice.get(address(account))
    Application.objects.bulk_create(
        Application(account=account, application_id=f"{number:040x}", last_used_at=now() - 100 * DAY)
        for number in range(200)
    )
    with CaptureQueriesContext(connection) as many:
        answer = alice.get(address(account))
    assert len(many) == len(few)
    assert len(answer.context["rows"]) == 25
    assert "1–25 of" in text(answer)
    last = alice.get(address(account, "?kind=unused&page=9"))
    assert len(last.context["rows"]) == 1
    assert "kind=unused&amp;page=8" in last.content.decode()


def test_it_is_in_the_navigation(alice: Client, account: Account) -> None:
    page = text(alice.get(address(account)))
    assert f'<a href="{address(account)}" aria-current="page">' in page
