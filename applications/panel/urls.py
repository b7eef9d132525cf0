"""Addresses of the panel; one module of views a subject."""

from django.urls import URLPattern, URLResolver, include, path

from applications.panel.views import (
    allowed_ips,
    applications,
    danger,
    home,
    new_application,
    overview,
    settings,
    state,
    tokens,
)

app_name = "panel"

of_application: list[URLPattern | URLResolver] = [
    path("", overview.overview, name="overview"),
    path("enabled/", state.switch, name="switch"),
    path("settings/", settings.settings, name="settings"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/revoke/", tokens.revoke_all, name="tokens_revoke_all"),
    path("tokens/<int:token>/revoke/", tokens.revoke, name="token_revoke"),
    path("allowed-ips/", allowed_ips.allowed_ips, name="application_allowed_ips"),
    path("allowed-ips/add/", allowed_ips.add, name="application_allowed_ips_add"),
    path("allowed-ips/<int:line>/remove/", allowed_ips.remove, name="application_allowed_ips_remove"),
    path("danger/", danger.danger, name="danger"),
    path("danger/reset/", danger.reset, name="secret_reset"),
    path("danger/secrets/<int:secret>/stop/", danger.retire, name="secret_retire"),
    path("danger/delete/", danger.delete, name="application_delete"),
]

of_account: list[URLPattern | URLResolver] = [
    path("applications/", applications.applications, name="applications"),
    path("applications/new/", new_application.new_application, name="application_new"),
    path("applications/<str:application_id>/", include(of_application)),
    path("allowed-ips/", allowed_ips.allowed_ips, name="allowed_ips"),
    path("allowed-ips/add/", allowed_ips.add, name="allowed_ips_add"),
    path("allowed-ips/<int:line>/remove/", allowed_ips.remove, name="allowed_ips_remove"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("<int:account_id>/", include(of_account)),
]
