"""Addresses of the pages of one application, and proving once more who one is."""

from django.test import Client
from django.urls import reverse

from applications.models import Application
from tests.factories import PASSWORD


def of(application: Application, name: str, *more: object) -> str:
    """The address of the page `name` ("overview") of an application."""
    return reverse(f"panel:{name}", args=[application.account_id, application.application_id, *more])


def confirm(client: Client) -> None:
    """Give the password, as the page that asks for it again wants it."""
    answer = client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert answer.status_code == 302
