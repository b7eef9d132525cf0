"""The Webhooks tab: URLs, how they fare, test events."""

from django.test import Client

from applications.models import Application
from tests.panel.addresses import of
from tests.panel.pages import text
from tests.webhooks import set_url


def test_first(alice: Client, application: Application) -> None:
    set_url(application)
    page = text(alice.get(of(application, "webhooks")))
    print(page)
    assert 0
