"""Django admin for the operator's own staff, under /operator/: looks at everything, changes little."""

from applications.admin import (
    accounts,
    api_keys,
    applications,
    audit,
    found_credentials,
    invitations,
    memberships,
    refusals,
    resource_servers,
    scopes,
    users,
)

__all__ = [
    "accounts",
    "api_keys",
    "applications",
    "audit",
    "found_credentials",
    "invitations",
    "memberships",
    "refusals",
    "resource_servers",
    "scopes",
    "users",
]
