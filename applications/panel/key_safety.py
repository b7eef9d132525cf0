"""What the page of key safety shows: each finding with whose it is, the evidence, and what mends it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from applications.models import Account, APIKey, Application, ApplicationSecret
from applications.models.applications import Lifetime
from applications.models.findings import Finding, Found

type Secrets = Mapping[int, list[ApplicationSecret]]  # those that work, by application, the current one first


@dataclass(frozen=True, slots=True)
class Remedy:
    """The act that mends a finding: its words, and the page that does it or asks first."""

    label: str | Promise
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """A finding about an application or an API key; `secrets` of the application, where they are what was found."""

    kind: Finding
    application: Application | None
    api_key: APIKey | None
    secrets: list[ApplicationSecret]
    remedy: Remedy

    @property
    def holder(self) -> Application | APIKey | None:
        """Whose finding it is."""
        return self.application or self.api_key

    @property
    def old(self) -> ApplicationSecret | None:
        """The secret that was replaced and still works."""
        return self.secrets[1] if len(self.secrets) > 1 else None


def rows_of(account: Account, found: Iterable[Found]) -> list[Row]:
    """Return the rows of a page; three queries, however many rows. What was deleted just now is left out."""
    shown = list(found)
    applications = account.applications.in_bulk([pk for _kind, is_key, pk in shown if not is_key])
    keys = account.api_keys.in_bulk([pk for _kind, is_key, pk in shown if is_key])
    secrets = _secrets([pk for kind, _is_key, pk in shown if kind in (Finding.TWO_SECRETS, Finding.OLD)])
    rows = []
    for kind, is_key, pk in shown:
        if is_key and pk in keys:
            rows.append(Row(kind, None, keys[pk], [], _of_key(account, kind, keys[pk])))
        elif not is_key and pk in applications:
            ours = secrets.get(pk, [])
            remedy = _of_application(account, kind, applications[pk], ours)
            rows.append(Row(kind, applications[pk], None, ours, remedy))
    return rows


def _secrets(application_pks: list[int]) -> Secrets:
    found: dict[int, list[ApplicationSecret]] = {}
    for secret in ApplicationSecret.objects.working().filter(application__in=application_pks):
        found.setdefault(secret.application_id, []).append(secret)
    return found


OF_APPLICATIONS: Mapping[Finding, tuple[str | Promise, str]] = {
    Finding.NEVER_EXPIRES: (_("Change the lifetime"), "panel:settings"),
    Finding.TWO_SECRETS: (_("Show both"), "panel:overview"),
    Finding.OLD: (_("Reset secret"), "panel:secret_reset"),
    Finding.UNUSED: (_("Disable"), "panel:switch"),
    Finding.NEVER_USED: (_("Delete"), "panel:application_delete"),
    Finding.NO_ALLOWED_IPS: (_("Allow addresses"), "panel:application_allowed_ips"),
}


def _of_application(
    account: Account, kind: Finding, application: Application, secrets: list[ApplicationSecret]
) -> Remedy:
    args = [account.pk, application.application_id]
    label, name = OF_APPLICATIONS[kind]
    if kind == Finding.TWO_SECRETS and len(secrets) > 1:
        label, name, args = _("Stop the old one"), "panel:secret_retire", [*args, secrets[1].pk]
    if kind == Finding.NEVER_EXPIRES and application.lifetime != Lifetime.NEVER:
        label, name = _("Revoke all tokens"), "panel:tokens_revoke_all"
    return Remedy(label, reverse(name, args=args))


def _of_key(account: Account, kind: Finding, key: APIKey) -> Remedy:
    if kind in (Finding.UNUSED, Finding.NEVER_USED):
        return Remedy(_("Revoke"), reverse("panel:api_key_revoke", args=[account.pk, key.pk]))
    if kind == Finding.NO_ALLOWED_IPS:
        return Remedy(_("Allow addresses"), reverse("panel:allowed_ips", args=[account.pk]))
    label = _("Make a narrower key") if kind == Finding.ALL_SCOPES else _("Make a new key")
    return Remedy(label, reverse("panel:api_key_new", args=[account.pk]))
