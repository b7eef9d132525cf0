"""Pages whose rows are computed for one page alone."""

import pytest
from django.core.paginator import InvalidPage
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.forms.filters import with_figures
from applications.models import Application
from applications.panel.pages import KeysFirst
from tests.factories import make_account, make_application, make_token

pytestmark = pytest.mark.django_db


def pages() -> KeysFirst:
    account = make_account()
    for number in range(5):
        application, _secret = make_application(account, name=f"No. {number}")
        for _token in range(number):
            make_token(application)
    found = account.applications.order_by("name")
    return KeysFirst(found, with_figures(account.applications.all()), 2)


def test_rows_come_in_the_order_of_their_keys_with_their_figures() -> None:
    shown = pages()
    assert [[(row.name, row.live_tokens) for row in shown.page(number)] for number in (1, 2, 3)] == [
        [("No. 0", 0), ("No. 1", 1)],
        [("No. 2", 2), ("No. 3", 3)],
        [("No. 4", 4)],
    ]
    with pytest.raises(InvalidPage):
        shown.page(4)


def test_figures_are_computed_for_no_row_that_is_not_shown() -> None:
    shown = pages()
    with CaptureQueriesContext(connection) as queries:
        shown.page(2)
    about_tokens = [query["sql"] for query in queries if "accesstoken" in query["sql"]]
    assert len(about_tokens) == 1
    assert " IN (" in about_tokens[0]
    assert "OFFSET" not in about_tokens[0]


def test_a_row_that_is_deleted_in_between_is_left_out() -> None:
    shown = pages()
    shown.rows = shown.rows.exclude(name="No. 0")
    assert [row.name for row in shown.page(1)] == ["No. 1"]
    assert Application.objects.count() == 5
