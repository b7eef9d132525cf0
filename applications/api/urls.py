"""Addresses of the JSON API."""

from django.urls import path

from applications.api.account import account
from applications.api.allowed_ips import account_allowed_ips, application_allowed_ips
from applications.api.applications import application, applications
from applications.api.credentials import credentials_revoke
from applications.api.deliveries import deliveries, redelivery, webhook_test
from applications.api.events import events
from applications.api.health import live, ready
from applications.api.openapi import openapi
from applications.api.previews import messages_preview
from applications.api.scopes import scopes
from applications.api.secrets import secret
from applications.api.tokens import tokens_revoke
from applications.api.webhooks import webhook_secret

app_name = "api"
urlpatterns = [
    path("account", account, name="account"),
    path("applications", applications, name="applications"),
    path("applications/scopes", scopes, name="scopes"),
    path("applications/<str:application_id>", application, name="application"),
    path("applications/<str:application_id>/secret", secret, name="secret"),
    path("applications/<str:application_id>/tokens/revoke", tokens_revoke, name="tokens_revoke"),
    path(
        "applications/<str:application_id>/webhooks/secret",
        webhook_secret,
        name="webhook_secret",
    ),
    path(
        "applications/<str:application_id>/allowed-ips",
        application_allowed_ips,
        name="application_allowed_ips",
    ),
    path("account/allowed-ips", account_allowed_ips, name="account_allowed_ips"),
    path("credentials/revoke", credentials_revoke, name="credentials_revoke"),
    path("health/live", live, name="live"),
    path("health/ready", ready, name="ready"),
    path("openapi.json", openapi, name="openapi"),
    path("applications/<str:application_id>/webhooks/deliveries", deliveries, name="deliveries"),
    path(
        "applications/<str:application_id>/webhooks/deliveries/<str:delivery_id>/redeliver",
        redelivery,
        name="redelivery",
    ),
    path("applications/<str:application_id>/webhooks/test", webhook_test, name="webhook_test"),
    path("events", events, name="events"),
    path("messages/preview", messages_preview, name="messages_preview"),
]
