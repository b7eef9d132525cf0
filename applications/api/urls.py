"""Addresses of the JSON API."""

from django.urls import path

from applications.api.account import account

app_name = "api"
urlpatterns = [
    path("account", account, name="account"),
]
