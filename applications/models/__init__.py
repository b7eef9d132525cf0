"""The tables. One file a subject; constraints are named and come before any check in a form."""

from applications.models.accounts import Account
from applications.models.address_use import AddressUse
from applications.models.allowed_ips import AllowedIP
from applications.models.api_keys import APIKey
from applications.models.applications import Application, GrantedScope
from applications.models.audit import AuditEvent
from applications.models.findings import KeptFinding
from applications.models.invitations import Invitation
from applications.models.memberships import Membership
from applications.models.message_settings import MessageSettings
from applications.models.rates import RateCount
from applications.models.refusals import Refusal, UnknownCredentials
from applications.models.resource_servers import ResourceServer
from applications.models.scope_use import ScopeUse
from applications.models.scopes import Scope
from applications.models.secret_use import SecretUse
from applications.models.secrets import ApplicationSecret
from applications.models.sign_in import SignInFailures, UsedTimeStep
from applications.models.tokens import AccessToken
from applications.models.usage import DailyUsage
from applications.models.users import User

__all__ = [
    "APIKey",
    "AccessToken",
    "Account",
    "AddressUse",
    "AllowedIP",
    "Application",
    "ApplicationSecret",
    "AuditEvent",
    "DailyUsage",
    "GrantedScope",
    "Invitation",
    "KeptFinding",
    "Membership",
    "MessageSettings",
    "RateCount",
    "Refusal",
    "ResourceServer",
    "Scope",
    "ScopeUse",
    "SecretUse",
    "SignInFailures",
    "UnknownCredentials",
    "UsedTimeStep",
    "User",
]
