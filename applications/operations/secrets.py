"""Resetting an application's secret, with an overlap in which both work."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam, NotFound
from applications.models import AddressUse, Application, ApplicationSecret
from applications.models.audit import Action
from applications.models.secrets import Overlap, SecretQuerySet
from applications.models.usage import ADDRESS_USE_DAYS
from applications.operations.actors import Actor
from applications.operations.audit import record_for
from applications.operations.findings import forget_two_secrets
from applications.operations.limits import check_change, check_gain
from applications.operations.locks import lock_application
from applications.operations.tokens import end_generation
from applications.rules.credentials import digest, hint, new_credential


class OlderSecretWorks(Conflict):
    """A reset would stop secrets that were promised to work longer, and the caller has not chosen that."""

    def __init__(self, secrets: list[ApplicationSecret]) -> None:
        super().__init__(" ".join(_promised(secret) for secret in secrets))
        self.secrets = secrets


def _promised(secret: ApplicationSecret) -> str:
    words = {"hint": secret.hint, "end": _utc(secret.expires_at)}
    if secret.last_used_at is None:
        words["use"] = _("it was never used")
    else:
        use = _("it was last used {moment} from {ip}")
        words["use"] = use.format(moment=_utc(secret.last_used_at), ip=secret.last_used_ip)
        addresses = AddressUse.objects.recent().filter(secret=secret).values("ip").distinct().count()
        if addresses > 1:
            others = _(", in the last {days} days from {number} addresses")
            words["use"] += others.format(days=ADDRESS_USE_DAYS, number=addresses)
    message = _("An older secret, ending in {hint}, works until {end} ({use}). A reset would stop it now.")
    return message.format(**words)


def _utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


@transaction.atomic
def reset_secret(
    *,
    application: Application,
    overlap: Overlap,
    actor: Actor,
    revoke_tokens: bool = False,
    current: int | None = None,
    end_older: Collection[int] = (),
) -> str:
    """Return a new secret; the current one stops after `overlap`.

    Two secrets work at once, so one replaced earlier, whose overlap goes on, stops now. Only if the caller chose that:
    `end_older` holds the keys of the older secrets that may stop, OlderSecretWorks is raised for another.
    `current` is the key of the secret the caller saw as current: Conflict when it is no longer, so that the
    double click and the second admin make no second secret. With `revoke_tokens` every token dies too,
    in the same transaction as the change of the secret. AccessDenied when the actor's credential does not have itself
    what the new secret gives.
    """
    application, moment = lock_application(application, actor), actor.at or now()
    stops_in = _span(overlap)
    check_change(actor, application)
    check_gain(actor, application, application.lifetime)
    old = application.secrets.get(expires_at=None)
    if current is not None and current != old.pk:
        raise Conflict(_("The secret was reset in the meantime. Nothing was changed just now."))
    if old.is_known:
        ended = _end_older(application, moment, end_older)
    else:  # it keeps the place of one that was found, and works for nobody: an older secret may go on
        stops_in, ended = timedelta(), []
    _end(application.secrets.filter(pk=old.pk), moment, stops_in)
    forget_two_secrets(application)
    secret = new_credential()
    application.secrets.create(
        digest=digest(secret), hint=hint(secret), created_at=moment, created_by=actor.name
    )
    if revoke_tokens:
        end_generation(application)
    details = {"old": old.hint, "stops": moment + stops_in, "tokens_revoked": revoke_tokens}
    record_for(actor, application, Action.SECRET_RESET, details | ({"ended": ended} if ended else {}))
    return secret


def _end(secrets: SecretQuerySet, moment: datetime, stops_in: timedelta) -> None:
    if stops_in:
        secrets.update(expires_at=moment + stops_in)
    else:
        secrets.stop(moment)


def _span(overlap: Overlap) -> timedelta:
    try:
        return Overlap(overlap).span
    except ValueError:
        message = _("The old secret stops after one of {known}.").format(known=", ".join(Overlap.values))
        raise InvalidParam("overlap", message) from None


def _end_older(application: Application, moment: datetime, chosen: Collection[int]) -> list[str]:
    """Stop the secrets that were replaced earlier, and return their hints."""
    older = list(application.secrets.older(moment))
    if unsaid := [secret for secret in older if secret.pk not in chosen]:
        raise OlderSecretWorks(unsaid)
    application.secrets.filter(pk__in=[secret.pk for secret in older]).stop(moment)
    return [secret.hint for secret in older]


@transaction.atomic
def retire_secret(*, secret: ApplicationSecret, actor: Actor) -> None:
    """Stop an old secret before its overlap ends; NotFound when it is the current one or has ended."""
    application, moment = lock_application(secret.application, actor), now()
    check_change(actor, application)
    if not application.secrets.older(moment).filter(pk=secret.pk).stop(moment):
        raise NotFound(_("This secret has stopped already."))
    record_for(actor, application, Action.SECRET_RETIRED, {"old": secret.hint})
