"""Django admin for the operator's own staff, under /operator/: looks at everything, changes little."""

from applications.admin import accounts, refusals, resource_servers, scopes

__all__ = ["accounts", "refusals", "resource_servers", "scopes"]
