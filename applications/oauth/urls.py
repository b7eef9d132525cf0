"""Addresses of the OAuth endpoints."""

from django.urls import path

from applications.oauth.token import token

app_name = "oauth"
urlpatterns = [
    path("oauth/token", token, name="token"),
]
