"""Addresses of the panel; one module of views a subject."""

from django.urls import URLPattern, URLResolver, include, path

from applications.panel.views import (
    account_settings,
    activity,
    allowed_ips,
    api_keys,
    applications,
    audit_log,
    danger,
    home,
    invitations,
    joining,
    key_safety,
    members,
    message_settings,
    new_application,
    overview,
    reference,
    settings,
    state,
    tokens,
    unused_scopes,
)

app_name = "panel"

of_application: list[URLPattern | URLResolver] = [
    path("", overview.overview, name="overview"),
    path("enabled/", state.switch, name="switch"),
    path("settings/", settings.settings, name="settings"),
    path("settings/unused-scopes/", unused_scopes.unused_scopes, name="unused_scopes"),
    path("messages/", message_settings.channel, {"channel": "sms"}, name="messages"),
    path("messages/<str:channel>/", message_settings.channel, name="message_channel"),
    path("messages/<str:channel>/preview/", message_settings.preview, name="message_preview"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/revoke/", tokens.revoke_all, name="tokens_revoke_all"),
    path("tokens/<int:token>/revoke/", tokens.revoke, name="token_revoke"),
    path("allowed-ips/", allowed_ips.allowed_ips, name="application_allowed_ips"),
    path("allowed-ips/add/", allowed_ips.add, name="application_allowed_ips_add"),
    path("allowed-ips/<int:line>/remove/", allowed_ips.remove, name="application_allowed_ips_remove"),
    path("activity/", activity.of_application, name="application_activity"),
    path("danger/", danger.danger, name="danger"),
    path("danger/reset/", danger.reset, name="secret_reset"),
    path("danger/secrets/<int:secret>/stop/", danger.retire, name="secret_retire"),
    path("danger/delete/", danger.delete, name="application_delete"),
]

of_account: list[URLPattern | URLResolver] = [
    path("api/", reference.api_reference, name="api_reference"),
    path("applications/", applications.applications, name="applications"),
    path("applications/new/", new_application.new_application, name="application_new"),
    path("applications/<str:application_id>/", include(of_application)),
    path("api-keys/", api_keys.api_keys, name="api_keys"),
    path("api-keys/new/", api_keys.new_api_key, name="api_key_new"),
    path("api-keys/<int:key>/revoke/", api_keys.revoke, name="api_key_revoke"),
    path("key-safety/", key_safety.key_safety, name="key_safety"),
    path(
        "key-safety/<str:kind>/applications/<str:application_id>/keep/",
        key_safety.keep_of_application,
        name="finding_keep",
    ),
    path(
        "key-safety/<str:kind>/api-keys/<int:key>/keep/", key_safety.keep_of_key, name="finding_keep_of_key"
    ),
    path("key-safety/kept/<int:kept>/undo/", key_safety.reopen, name="finding_reopen"),
    path("settings/", account_settings.account_settings, name="account_settings"),
    path("members/", members.members, name="members"),
    path("members/<int:member_id>/role/", members.role, name="member_role"),
    path("members/<int:member_id>/remove/", members.remove, name="member_remove"),
    path("members/leave/", members.leave, name="member_leave"),
    path("members/invite/", invitations.invite, name="member_invite"),
    path("members/invitations/<int:invitation>/send/", invitations.send_again, name="invitation_send"),
    path("members/invitations/<int:invitation>/withdraw/", invitations.withdraw, name="invitation_withdraw"),
    path("activity/", activity.of_account, name="activity"),
    path("allowed-ips/", allowed_ips.allowed_ips, name="allowed_ips"),
    path("allowed-ips/add/", allowed_ips.add, name="allowed_ips_add"),
    path("allowed-ips/<int:line>/remove/", allowed_ips.remove, name="allowed_ips_remove"),
    path("audit-log/", audit_log.audit_log, name="audit_log"),
    path("audit-log/export.csv", audit_log.export_log, {"kind": "csv"}, name="audit_log_csv"),
    path("audit-log/export.jsonl", audit_log.export_log, {"kind": "jsonl"}, name="audit_log_jsonl"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("invitations/<str:value>/", joining.invitation, name="invitation"),
    path("invitations/<str:value>/accept/", joining.accept, name="invitation_accept"),
    path("<int:account_id>/", include(of_account)),
]
