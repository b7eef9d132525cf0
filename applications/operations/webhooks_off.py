"""What is stored and told when the server itself stops calling a URL: its receiver is gone, or failed for too long."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db.models import Q

from applications.models import Webhook
from applications.models.audit import Action, ActorKind
from applications.models.webhooks import SWITCHED_OFF_AFTER
from applications.operations.actors import Actor
from applications.operations.audit import record_for
from applications.operations.locks import lock_accounts
from applications.operations.webhook_mails import tell_switched_off

SERVER: Final = Actor(ActorKind.SERVER, "latchkey")


def lock_accounts_of_failing(*, failed: Collection[int], gone: Collection[int], moment: datetime) -> None:
    """Lock the accounts whose webhooks may be switched off now, before their webhooks are locked, as everywhere.

    `failed` and `gone` are the webhooks of attempts that failed, and those that were answered 410. Nobody makes
    `failing_since` older, so none that is switched off is missing here.
    """
    if failed:
        too_long = Q(pk__in=failed, failing_since__lte=moment - SWITCHED_OFF_AFTER)
        found = Webhook.objects.filter(Q(pk__in=gone) | too_long, off_at=None)
        if accounts := set(found.values_list("application__account", flat=True)):
            lock_accounts(accounts)


def record_switched_off(webhook: Webhook) -> None:
    """Write the audit row of a webhook that has just been switched off, and mail it to owners and admins.

    The caller holds the locks of its account and of the webhook.
    """
    details = {"setting": webhook.setting, "reason": webhook.off_reason}
    record_for(SERVER, webhook.application, Action.WEBHOOK_SWITCHED_OFF, details)
    tell_switched_off(webhook)
