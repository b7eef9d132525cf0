"""The audit log: who changed what, from where. Rows are added, never changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

OPERATORS_CHAIN = 5_237_001  # any number, as long as no other advisory lock of this database has it
CLOCKS_APART: Final = timedelta(hours=1)  # at most, of two machines that write rows


def lock_operators_chain() -> None:
    """Take the lock that only one transaction can hold. SQLite needs none: it has one writer at a time."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [OPERATORS_CHAIN])


class Action(models.TextChoices):
    """`subject:verb`, one for each operation, and for what people do to sign in."""

    ACCOUNT_CREATED = "account:create", _("Account created")
    ACCOUNT_CHANGED = "account:change", _("Account settings changed")
    SIGNED_IN = "person:sign_in", _("Signed in")
    SIGN_IN_FAILED = "person:sign_in_failed", _("Sign-in failed")
    SIGNED_OUT = "person:sign_out", _("Signed out")
    SESSION_ENDED = "session:end", _("Sessions ended")
    PERSON_RENAMED = "person:rename", _("Own name changed")
    EMAIL_CHANGE_ASKED = "email:ask", _("Change of email asked for")
    EMAIL_CHANGE_CONFIRMED = "email:confirm", _("Change of email confirmed by one address")
    EMAIL_CHANGE_ENDED = "email:withdraw", _("Change of email withdrawn")
    EMAIL_CHANGED = "email:change", _("Email changed")
    PASSWORD_CHANGED = "password:change", _("Password changed")
    PASSWORD_RESET = "password:reset", _("Password reset by the mailed link")
    SECOND_FACTOR_ADDED = "second_factor:add", _("Authenticator app set up")
    SECOND_FACTOR_REMOVED = "second_factor:remove", _("Authenticator app removed")
    SECOND_FACTOR_USED = "second_factor:use", _("Code of the authenticator app used")
    PASSKEY_ADDED = "passkey:add", _("Passkey added")
    PASSKEY_REMOVED = "passkey:remove", _("Passkey removed")
    PASSKEY_USED = "passkey:use", _("Passkey used")
    RECOVERY_CODES_MADE = "recovery_codes:make", _("Recovery codes made")
    RECOVERY_CODES_REMOVED = "recovery_codes:remove", _("Recovery codes removed")
    RECOVERY_CODE_USED = "recovery_codes:use", _("Recovery code used")
    ALLOWED_IPS_CHANGED = "allowed_ips:change", _("Allowed IPs changed")
    API_KEY_CREATED = "api_key:create", _("API key created")
    API_KEY_REVOKED = "api_key:revoke", _("API key revoked")
    APPLICATION_CREATED = "application:create", _("Application created")
    APPLICATION_CHANGED = "application:change", _("Application changed")
    APPLICATION_ENABLED = "application:enable", _("Application enabled")
    APPLICATION_DISABLED = "application:disable", _("Application disabled")
    APPLICATION_DELETED = "application:delete", _("Application deleted")
    CREDENTIAL_FOUND = "credential:found", _("Credential reported as found")
    FOUND_DISMISSED = "credential:dismiss", _("Found credential dismissed")
    INVITATION_CREATED = "invitation:create", _("Member invited")
    INVITATION_SENT = "invitation:send", _("Invitation sent again")
    INVITATION_WITHDRAWN = "invitation:withdraw", _("Invitation withdrawn")
    MEMBER_ADDED = "member:add", _("Member added")
    MEMBER_CHANGED = "member:change", _("Role changed")
    MEMBER_JOINED = "member:join", _("Member joined")
    MEMBER_LEFT = "member:leave", _("Member left")
    MEMBER_REMOVED = "member:remove", _("Member removed")
    MAILS_CHANGED = "member:mails", _("Mails chosen")
    MESSAGES_CHANGED = "messages:change", _("Message settings changed")
    RESOURCE_SERVER_CREATED = "resource_server:create", _("Resource server created")
    RESOURCE_SERVER_RESET = "resource_server:reset", _("Secret of a resource server reset")
    RESOURCE_SERVER_REMOVED = "resource_server:remove", _("Resource server removed")
    FINDING_KEPT = "finding:keep", _("Finding of key safety kept")
    FINDING_REOPENED = "finding:reopen", _("Finding of key safety kept no longer")
    SECRET_RESET = "secret:reset", _("Secret reset")
    SECRET_RETIRED = "secret:retire", _("Old secret stopped")
    DELIVERY_REDELIVERED = "delivery:redeliver", _("Delivery sent again")
    DELIVERIES_REDELIVERED = "deliveries:redeliver", _("Failed deliveries sent again")
    WEBHOOK_SWITCHED_OFF = "webhook:switch_off", _("Webhook switched off")
    WEBHOOK_SWITCHED_ON = "webhook:switch_on", _("Webhook switched on again")
    WEBHOOK_TESTED = "webhook:test", _("Test event sent")
    WEBHOOKS_CHANGED = "webhooks:change", _("Webhook settings changed")
    TOKEN_REVOKED = "token:revoke", _("Token revoked")
    TOKENS_REVOKED = "tokens:revoke", _("All tokens revoked")
    REVOKED_BEFORE = "credentials:revoke_before", _("Old credentials ended everywhere")
    SCOPE_ADDED = "scope:add", _("Scope added")
    SCOPE_RETIRED = "scope:retire", _("Scope retired")
    WEBHOOK_SECRET_ROLLED = "webhook_secret:roll", _("Signing secret of webhooks made")
    WEBHOOKS_SIGNED = "webhooks:sign", _("Signing of webhooks switched on")
    WEBHOOKS_UNSIGNED = "webhooks:stop_signing", _("Signing of webhooks switched off")


class ActorKind(models.TextChoices):
    """What made the change."""

    USER = "user", _("Member")
    APPLICATION = "application", _("Application")
    API_KEY = "api_key", _("API key")
    COMMAND = "command", _("Operator")
    FINDER = "finder", _("Who found a credential")
    SERVER = "server", _("Latchkey")


@contextmanager
def _planned_for_its_values() -> Iterator[None]:
    """Let PostgreSQL plan each query for the values in it, and not keep it prepared.

    The one plan that a prepared query gets after a while is made for a value that is common: for one that is rare, or
    not there at all, it reads the whole log.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    raw = connection.connection
    threshold, raw.prepare_threshold = raw.prepare_threshold, None
    try:
        yield
    finally:
        raw.prepare_threshold = threshold


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Rows, the newest first, and the keys to go on from: `newer` and `older` are None where there is nothing."""

    rows: "list[AuditEvent]"
    newer: int | None
    older: int | None


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    def between(self, start: datetime | None, end: datetime | None) -> "AuditQuerySet":
        """Rows of one account (filter by it first) from `start` on and before `end`; both aware.

        Rows come in the order of time, but for clocks that differ by CLOCKS_APART. So a time becomes a key, which the
        indexes of all other filters end with: a day long ago is found as fast as today.
        """
        events = self
        if start is not None:
            earlier = self.filter(created_at__lt=start - CLOCKS_APART).order_by("-created_at", "-pk")
            last = earlier.values_list("pk", flat=True).first()
            events = events.filter(created_at__gte=start)
            events = events if last is None else events.filter(pk__gt=last)
        if end is not None:
            later = self.filter(created_at__gte=end + CLOCKS_APART).order_by("created_at", "pk")
            first = later.values_list("pk", flat=True).first()
            events = events.filter(created_at__lt=end)
            events = events if first is None else events.filter(pk__lt=first)
        return events

    def page(self, size: int, *, before: int | None = None, after: int | None = None) -> AuditPage:
        """Return `size` rows: those next to the row with the key `before` or `after`, else the newest."""
        if after is not None:
            found = self.filter(pk__gt=after).order_by("pk")._read(size + 1)
            rows = found[:size][::-1]
            return AuditPage(rows, rows[0].pk if len(found) > size else None, rows[-1].pk if rows else None)
        found = (self if before is None else self.filter(pk__lt=before)).order_by("-pk")._read(size + 1)
        rows = found[:size]
        newer = rows[0].pk if rows and before is not None else None
        return AuditPage(rows, newer, rows[-1].pk if len(found) > size else None)

    def in_chains(self) -> "AuditQuerySet":
        """Rows as the chains have them: one account after the other, each from its first row on."""
        return self.order_by("account_id", "pk")

    def _read(self, most: int) -> "list[AuditEvent]":
        with _planned_for_its_values():
            return list(self[:most])


class AuditEvent(models.Model):
    """One change. Holds words and identifiers, not references, so that it outlives what it names.

    `digest` is the SHA-256 over the row and the `digest` of the account's row before it (operations/audit.py),
    so that a gap shows; it covers `created_at` to the millisecond.
    What the operator does to no account (resource servers, the catalogue of scopes) is
    a chain of its own, of the rows without one.
    """

    account = models.ForeignKey(
        "applications.Account", models.PROTECT, null=True, related_name="audit_events"
    )
    action = models.CharField(_("action"), max_length=40, choices=Action)
    actor_kind = models.CharField(max_length=11, choices=ActorKind)
    actor = models.CharField(_("who"), max_length=254)
    application_id = models.CharField(_("application ID"), max_length=40, blank=True)
    target = models.CharField(_("what"), max_length=200, blank=True)
    details = models.JSONField(_("details"), default=dict, encoder=DjangoJSONEncoder)
    ip = models.GenericIPAddressField(_("address"), null=True)
    request_id = models.CharField(_("request"), max_length=36, blank=True)
    created_at = models.DateTimeField(_("when"), default=now)
    previous = models.BinaryField(max_length=32)
    digest = models.BinaryField(max_length=32)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["application_id", "-id"], name="audit_by_application"),
            models.Index(fields=["account", "-id"], name="audit_by_account"),
            # What the page filters by; each ends with the key, so that the newest rows are read and no others.
            models.Index(fields=["account", "action", "-id"], name="audit_by_action"),
            models.Index(fields=["account", "actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["account", "actor_kind", "-id"], name="audit_by_actor_kind"),
            models.Index(fields=["account", "ip", "-id"], name="audit_by_address"),
            models.Index(fields=["account", "request_id", "-id"], name="audit_by_request"),
            models.Index(fields=["account", "created_at"], name="audit_by_time"),
            models.Index(fields=["account", "actor", "action", "-id"], name="audit_by_actor_and_action"),
            models.Index(fields=["application_id", "action", "-id"], name="audit_of_app_by_action"),
            models.Index(fields=["application_id", "actor", "-id"], name="audit_of_app_by_actor"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["account", "previous"], name="audit_chain_does_not_fork"),
            models.UniqueConstraint(
                fields=["previous"],
                condition=models.Q(account=None),
                name="audit_chain_of_the_operator_does_not_fork",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.actor}"

    def facts(self) -> dict[str, Any]:
        """What the chain's digest covers: every column but the key and the digests."""
        columns = [field.attname for field in self._meta.concrete_fields]
        return {name: getattr(self, name) for name in columns if name not in ("id", "previous", "digest")}
