"""Sending again what has ended: one delivery, or all that failed in a time, range by range (docs/decisions/0030)."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from applications.errors import Conflict, InvalidParam, NotFound
from applications.models import Application, Delivery, MessageSettings, Redelivery, Webhook
from applications.models.audit import Action
from applications.models.deliveries import State, database_time
from applications.operations.actors import Actor
from applications.operations.audit import record_for
from applications.operations.limits import check_change
from applications.operations.locks import lock_application

RANGE: Final = 500  # deliveries that are made to wait again in one transaction


@transaction.atomic
def redeliver(*, application: Application, delivery: Delivery, actor: Actor) -> Delivery:
    """Let a delivery be sent again now, with all attempts before it; return it as it is stored.

    One that waits for its next attempt has it now, and one that is being sent stays as it is. Raises NotFound when it
    was purged, merged into another or is not of this application, Conflict when its body was not kept, and when its
    URL is not set or is switched off.
    """
    application = lock_application(application, actor, with_settings=True)
    check_change(actor, application)
    webhook = _locked_webhook(application, delivery)
    stored = Delivery.objects.of(application.pk).select_for_update().filter(pk=delivery.pk).first()
    if webhook is None or stored is None:
        raise NotFound(_("There is no such delivery any more."))
    if not stored.can_be_sent_again:
        raise Conflict(_("What was sent was not kept, so it cannot be sent again."))
    _check_url(webhook, application)
    moment = database_time()
    if not stored.is_under_way or (stored.next_attempt_at and stored.next_attempt_at <= moment):
        _let_wait(Delivery.objects.filter(pk=stored.pk), moment)
    record_for(actor, application, Action.DELIVERY_REDELIVERED, {"delivery": stored.key})
    stored.refresh_from_db()
    return stored


def _locked_webhook(application: Application, delivery: Delivery) -> Webhook | None:
    """Return the webhook of a delivery, the lock of all that wait for its URL."""
    own = Webhook.objects.select_for_update().filter(pk=delivery.webhook_id, application=application)
    return own.first()


def _check_url(webhook: Webhook, application: Application) -> None:
    url = webhook.url_now(MessageSettings.of(application))
    if not application.is_enabled:
        raise Conflict(_("The application is disabled. Enable it, then send it again."))
    if not url:
        raise Conflict(_("No URL is set for this event. Set one, then send it again."))
    if webhook.is_off(url):
        raise Conflict(_("The URL is switched off. Switch it on, then send it again."))


def _let_wait(deliveries: QuerySet[Delivery], moment: datetime) -> int:
    return deliveries.update(
        state=State.WAITING,
        end_reason="",
        tries=0,
        next_attempt_at=moment,
        ended_at=None,
        lease=None,
        carried=False,
    )


@transaction.atomic
def start_redelivery(
    *,
    application: Application,
    since: datetime,
    actor: Actor,
    until: datetime | None = None,
    webhook: Webhook | None = None,
) -> Redelivery:
    """Order all that failed between two times (aware; None: now) to be sent again, or what failed for one webhook.

    Carried out by the workers, range by range; the row returned tells how far it is. Raises Conflict while another one
    of the application goes on, InvalidParam ("since") for a time that is not before `until`.
    """
    application = lock_application(application, actor)
    check_change(actor, application)
    moment = database_time()
    until = min(until or moment, moment)
    if since >= until:
        raise InvalidParam("since", _("Choose a time in the past."))
    if Redelivery.objects.filter(application=application, ended_at=None).exists():
        raise Conflict(_("Failed deliveries are being sent again already. Wait until that has ended."))
    order = Redelivery(
        application=application,
        setting=webhook.setting if webhook else "",
        since=since,
        until=until,
        ordered_by=actor.name,
    )
    order.total = _failed(order).count()
    order.save()
    details = {"since": since, "deliveries": order.total}
    record_for(actor, application, Action.DELIVERIES_REDELIVERED, details)
    return order


def failed_since(application: Application, since: datetime) -> int:
    """Return how many deliveries `start_redelivery` would send again."""
    order = Redelivery(application=application, since=since, until=database_time())
    return _failed(order).count()


def carry_on_redelivery() -> bool:
    """Make the next range of one order wait again, whichever worker comes first; whether there was one."""
    return Redelivery.objects.filter(ended_at=None).exists() and _carry_on()


@transaction.atomic
def _carry_on() -> bool:
    order = Redelivery.objects.select_for_update(skip_locked=True).filter(ended_at=None).last()
    if order is None:
        return False
    moment = database_time()
    pks = list(
        _failed(order).filter(pk__gt=order.position).order_by("pk").values_list("pk", flat=True)[:RANGE]
    )
    order.done += _let_wait(Delivery.objects.filter(pk__in=pks, state=State.FAILED), moment)
    if pks:
        order.position = pks[-1]
    else:
        order.ended_at = moment
    order.save(update_fields=["done", "position", "ended_at"])
    return True


def _failed(order: Redelivery) -> QuerySet[Delivery]:
    """What an order is about: it failed, its body is there, and it is no test."""
    failed = Delivery.objects.of(order.application_id).filter(state=State.FAILED, is_test=False)
    found = failed.filter(created_at__gte=order.since, created_at__lt=order.until).exclude(data="")
    if order.setting:
        own = Webhook.objects.filter(application=order.application_id, setting=order.setting)
        found = found.filter(webhook__in=own.values("pk"))
    return found
