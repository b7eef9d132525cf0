"""The secrets that webhooks are signed with: making and rolling them, and signing (Standard Webhooks 1.0.0)."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam, LimitReached
from applications.models import Application, WebhookSecret
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record_for
from applications.operations.limits import check_change
from applications.operations.locks import lock_application
from applications.rules.sealing import CannotUnseal
from applications.rules.signatures import new_signing_secret, sign

logger = logging.getLogger(__name__)

OVERLAP: Final = timedelta(hours=24)  # for which a secret that was replaced signs beside its successor
MOST_AT_ONCE: Final = 3  # secrets that sign one delivery


@transaction.atomic
def roll_webhook_secret(*, application: Application, actor: Actor, current: int | None = None) -> str:
    """Return a new signing secret, "whsec_…"; the one before it, if any, signs beside it for 24 hours more.

    A secret that is in its 24 hours already keeps them, so that up to three sign at once; LimitReached when a fourth
    would. `current` is the key of the secret that the caller saw as current, 0 for none: Conflict when it is no longer,
    so that a double click makes one secret.
    """
    application, moment = lock_application(application, actor), now()
    check_change(actor, application)
    replaced = application.webhook_secrets.filter(expires_at=None).first()
    if current is not None and current != (replaced.pk if replaced else 0):
        raise Conflict(_("The signing secret was changed in the meantime. Nothing was changed just now."))
    _check_room(application, moment)
    application.webhook_secrets.filter(expires_at__lte=moment).delete()
    application.webhook_secrets.filter(expires_at=None).update(expires_at=moment + OVERLAP)
    made = WebhookSecret(application=application, created_at=moment, created_by=actor.name)
    made.value = secret = new_signing_secret()
    made.save()
    details = {"old": replaced.hint, "stops": moment + OVERLAP} if replaced else {}
    record_for(actor, application, Action.WEBHOOK_SECRET_ROLLED, details)
    return secret


def _check_room(application: Application, moment: datetime) -> None:
    signing = application.webhook_secrets.signing(moment).count()
    first = application.webhook_secrets.older(moment).first()
    if signing >= MOST_AT_ONCE and first is not None:
        message = _(
            "{number} secrets sign webhooks at the moment, and each replaced one was promised 24 hours. You can make"
            " another after {end}."
        )
        end = f"{first.expires_at:%Y-%m-%d %H:%M:%S} UTC"
        raise LimitReached(message.format(number=signing, end=end))


@transaction.atomic
def switch_webhook_signing(*, application: Application, signed: bool, actor: Actor) -> None:
    """Send the application's webhooks signed, or unsigned as the platform used to; nothing happens where it is so."""
    application = lock_application(application, actor)
    check_change(actor, application)
    if not isinstance(signed, bool):
        raise InvalidParam("signed", _("Signing is on or off."))
    if application.signs_webhooks != signed:
        Application.objects.filter(pk=application.pk).update(signs_webhooks=signed)
        record_for(actor, application, Action.WEBHOOKS_SIGNED if signed else Action.WEBHOOKS_UNSIGNED)


type SigningSecrets = Mapping[int, Sequence[str] | None]


def signing_secrets(*, application_ids: Collection[int], at: datetime) -> SigningSecrets:
    """Return the secrets that sign deliveries of applications (keys of rows) at a time, in two questions for all.

    None for an application that sends unsigned; one whose secret cannot be unsealed is left out, and the log says so.
    """
    sending = Application.objects.filter(pk__in=application_ids).values_list("pk", "signs_webhooks")
    found: dict[int, list[str] | None] = {pk: [] if signs else None for pk, signs in sending}
    for secret in WebhookSecret.objects.filter(application__in=application_ids).signing(at):
        try:
            if (secrets := found.get(secret.application_id)) is not None:
                secrets.append(secret.value)
        except CannotUnseal as error:
            logger.error("webhooks of application %s cannot be signed", secret.application_id, exc_info=error)
            del found[secret.application_id]
    return found


def signed_headers(
    *, application_id: int, webhook_id: str, at: datetime, body: bytes, secrets: SigningSecrets | None = None
) -> dict[str, str]:
    """Return the headers of a delivery: its id, the time `at` of this attempt, and a signature for each secret.

    `application_id` is the key of the row; `secrets` are those of `signing_secrets`, where they were read for many
    deliveries. Before the first secret is made the signature is by one that nobody has, so that a receiver that checks
    signatures takes nothing; without signing there is none. Raises CannotUnseal when the key of a secret is no longer
    among ENCRYPTION_KEYS, ValueError for an id that cannot be signed.
    """
    headers = {"webhook-id": webhook_id, "webhook-timestamp": str(int(at.timestamp()))}
    known = signing_secrets(application_ids=[application_id], at=at) if secrets is None else secrets
    if application_id not in known:
        raise CannotUnseal("a signing secret: none of the keys of the settings (ENCRYPTION_KEYS) fits")
    if (own := known[application_id]) is None:
        return headers
    signature = sign(
        signing_secrets=list(own) or [new_signing_secret()],
        webhook_id=webhook_id,
        timestamp=int(at.timestamp()),
        body=body,
    )
    return {**headers, "webhook-signature": signature}


def reseal_webhook_secrets() -> int:
    """Encrypt each secret with the first key; return how many they were. Raises CannotUnseal when a key is gone."""
    keys = list(WebhookSecret.objects.values_list("pk", flat=True))
    for pk in keys:
        with transaction.atomic():
            if secret := WebhookSecret.objects.select_for_update().filter(pk=pk).first():
                secret.value = secret.value
                secret.save(update_fields=["sealed"])
    return len(keys)
