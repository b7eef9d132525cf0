"""Addresses of the OAuth endpoints."""

from django.urls import path

from applications.oauth.introspect import introspect
from applications.oauth.metadata import metadata
from applications.oauth.revoke import revoke
from applications.oauth.token import token
from applications.oauth.verify import verify

app_name = "oauth"
urlpatterns = [
    path("oauth/token", token, name="token"),
    path("oauth/introspect", introspect, name="introspect"),
    path("oauth/revoke", revoke, name="revoke"),
    path("oauth/verify", verify, name="verify"),
    path(".well-known/oauth-authorization-server", metadata, name="metadata"),
]
