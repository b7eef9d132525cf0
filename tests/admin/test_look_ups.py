"""Addresses of the operator's lists: only the page's own filters look anything up, and nothing is a fault."""

from itertools import product
from urllib.parse import quote

import pytest
from django.db.models import Model
from django.test import Client

from applications.admin.site import site
from applications.models import (
    Account,
    APIKey,
    Application,
    AuditEvent,
    CredentialReports,
    Invitation,
    Membership,
    ResourceServer,
    Scope,
    UnknownCredentials,
    User,
)
from applications.operations.actors import OPERATOR
from applications.operations.api_keys import create_api_key
from applications.operations.resource_servers import create_resource_server
from applications.rules.names import Name
from tests.admin.test_operator import STAFF, sign_in_twice, url
from tests.cast import Cast
from tests.factories import PASSWORD

MODELS = [Account, APIKey, Application, AuditEvent, Invitation, Membership, ResourceServer, Scope]
MODELS += [CredentialReports, UnknownCredentials, User]
HOSTILE = [
    "password__startswith=a",
    "password__regex=^a",
    "password=a",
    "digest__isnull=0",
    "digest__gt=a",
    "hint=a",
    "allowlist__contains=1",
    "email__startswith=a",
    "name__iregex=(a%2B)%2B$",
    "id__gt=0",
    "pk=1",
    "pk__in=1,2",
    "user__password__startswith=a",
    "members__password__startswith=a",
    "memberships__user__password__startswith=a",
    "memberships__account__application__secrets__digest__isnull=0",
    "account__allowlist__contains=1",
    "account__members__password__startswith=a",
    "account__memberships__user__email__contains=a",
    "account__api_keys__digest__gt=a",
    "accounts__applications__secrets__digest__gt=a",
    "secrets__digest__gt=a",
    "application__secrets__digest__gt=a",
    "authenticator__data__contains=a",
    "authenticator__data__secret__startswith=a",
    "usersession__session_key__startswith=a",
    "groups__permissions__codename=a",
    "account__isnull=0",
    "account=1",
    "details__owner=a",
    "previous=a",
    "action__exact__startswith=a",
    "is_staff__exact=1&is_staff__exact__regex=a",
    "is_staff__gt=0",
    "no_such_column=1",
    "_to_field=password",
    "_to_field=digest",
    "q=" + "a+" * 3000,
    "q=" + "9" * 5000,
    "o=" + "9" * 5000,
    "o=" + ".".join("1" * 3000),
    "p=" + "9" * 5000,
]
WITH_NUL = ["action=%00", "action__exact=%00", "q=%00", "o=%00", "p=%00", "%00=1", "_facets=%00", "all=%00"]
HARMLESS = [
    "",
    "o=1",
    "o=-1.2",
    "o=99999",
    "o=-99999999999999999999999",
    "o=a.b.-.--1",
    "p=1",
    "p=a",
    "p=1e9",
    "q=marlowe",
    "q=" + quote("'; DROP TABLE x; -- \" \\ % _ ş"),
    "q=99999999999999999999999999",
    "e=1",
    "all=",
    "_facets=True",
    "_popup=1",
]
LISTED = {
    AuditEvent: ["action__exact=account:create", "actor_kind__exact=command", "action__exact=unknown"],
    Application: ["is_enabled__exact=1", "lifetime__exact=86400", f"lifetime__exact={'9' * 30}"],
    Scope: ["retired_at__isempty=1", "group__exact=messages"],
    User: ["is_staff__exact=1&is_active__exact=0", "is_staff__exact=1&o=-1&q=op"],
}


@pytest.fixture
def operator(client: Client, cast: Cast) -> Client:
    create_resource_server(name=Name("SMS API"), actor=OPERATOR)
    create_api_key(account=cast.account, name=Name("CRM"), scopes=None, actor=OPERATOR)
    sign_in_twice(client, User.objects.create_superuser(STAFF, PASSWORD))
    return client


def answers(operator: Client, model: type[Model], queries: list[str]) -> dict[str, tuple[int, str]]:
    page = url(model._meta.model_name or "", "changelist")
    found = {}
    for query in queries:
        response = operator.get(f"{page}?{query}")
        found[query[:60]] = response.status_code, response.headers.get("Location", "")
    return found


def test_every_list_is_tried() -> None:
    assert set(site._registry) == set(MODELS)


def test_no_look_up_from_the_address_reaches_the_database(operator: Client) -> None:
    for model in MODELS:
        for query, (status, location) in answers(operator, model, HOSTILE).items():
            assert status == 400 or (status == 302 and location.endswith("?e=1")), (model, query, status)


def test_what_holds_a_nul_counts_as_not_sent(operator: Client) -> None:
    for model in MODELS:
        for query, (status, _location) in answers(operator, model, WITH_NUL).items():
            assert status == 200, (model, query)


def test_what_is_harmless_is_answered(operator: Client) -> None:
    for model in MODELS:
        for query, (status, _location) in answers(operator, model, HARMLESS).items():
            assert status == 200, (model, query)
        [(status, location)] = answers(operator, model, ["p=99999999999999999999"]).values()
        assert status == 200 or (status == 302 and location.endswith("?e=1")), model


def test_the_listed_filters_work(operator: Client) -> None:
    for model, queries in LISTED.items():
        for query, (status, location) in answers(operator, model, queries).items():
            assert (status, location) == (200, ""), (model, query)


def test_a_filter_filters(operator: Client) -> None:
    page = url("user", "changelist")
    assert "alice@marlowe" in operator.get(page).text
    assert "alice@marlowe" not in operator.get(f"{page}?is_staff__exact=1").text


def test_a_key_that_cannot_be(operator: Client) -> None:
    keys = ["%00", "9" * 40, "9" * 5000, "-1", "a", "1%00", "_5F", "%F0%9F%92%A9"]
    for model, key in product(MODELS, keys):
        place = url(model._meta.model_name or "", "changelist")
        for page in (
            f"{place}{key}/change/",
            f"{place}{key}/history/",
            f"{place}{key}/do/remove/",
            f"{place}{key}/",
        ):
            response = operator.get(page, follow=True)
            assert response.status_code < 500, page
