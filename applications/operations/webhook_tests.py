"""Test events: a sample sent to the URL that is set now, and answered at once."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from applications.errors import Conflict, LimitReached
from applications.models import Application, Delivery, MessageSettings
from applications.models.audit import Action
from applications.models.deliveries import MOST_AT_ONCE, database_time, new_key
from applications.operations.actors import Actor
from applications.operations.attempts import Attempted, finish_attempts
from applications.operations.audit import record_for
from applications.operations.deliveries import LEASE, Job, job_of
from applications.operations.events import locked_webhook_of
from applications.operations.limits import check_change
from applications.operations.locks import lock_application
from applications.operations.sending import attempt, headers_of, not_sent, sender
from applications.rules.sample_events import SAMPLES
from applications.rules.webhook_events import Portion, Route

TESTS_AT_ONCE: Final = 2  # in a process: each takes a thread of the server, for up to 10 seconds
WRONG_SIGNATURE: Final = "v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="  # 32 bytes that nobody signed


def send_test_event(
    *, application: Application, route: Route, actor: Actor, forged: bool = False
) -> tuple[Delivery, Attempted]:
    """Send a sample event to the URL that is set for it, once; return its delivery, and what came back.

    `forged` sends it with a wrong signature, which a receiver that checks signatures refuses. A test says nothing about
    the webhook: it is neither switched off by it nor counted as failing, and it may be switched off already. Raises
    Conflict where no URL is set, LimitReached while another test of the account, or four requests to the URL, are under
    way.
    """
    with turns.taken(application.account_id):
        with transaction.atomic():
            job = _begin(application, route, actor)
        at = now()
        headers = headers_of(job, at)
        if headers and forged:
            headers["webhook-signature"] = WRONG_SIGNATURE
        came = not_sent(job, at, "signing") if headers is None else attempt(sender(), job, headers, at)
        finish_attempts(attempts=[came])
    return Delivery.objects.get(pk=job.delivery_pk), came


def _begin(application: Application, route: Route, actor: Actor) -> Job:
    application = lock_application(application, actor, with_settings=True)
    check_change(actor, application)
    url: str = getattr(MessageSettings.of(application), route.setting)
    if not url:
        raise Conflict(_("No URL is set for this event. Set one, then send the test event."))
    webhook, moment = locked_webhook_of(application.pk, route.setting, url), database_time()
    if Delivery.objects.filter(webhook=webhook.pk).under_way(moment).count() >= MOST_AT_ONCE:
        raise LimitReached(
            _("Four requests to this URL are under way. Send the test event again in a few seconds.")
        )
    portion = Portion.of((SAMPLES[route.event],))
    delivery = Delivery(
        application=application,
        webhook=webhook,
        key=new_key(),
        event=route.event,
        url=url,
        is_test=True,
        object_count=portion.objects,
        data=portion.data,
        created_at=moment,
        next_attempt_at=moment + LEASE,
        lease=uuid.uuid4(),
        carried=True,
    )
    delivery.save(force_insert=True)
    record_for(actor, application, Action.WEBHOOK_TESTED, {"event": route.event})
    return job_of(delivery, webhook, url)


class Turns:
    """Who is sending a test event in this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.accounts: set[int] = set()

    @contextmanager
    def taken(self, account_pk: int) -> Iterator[None]:
        """Take the turn of an account; LimitReached while it has it, or while too many others have theirs."""
        with self.lock:
            if account_pk in self.accounts or len(self.accounts) >= TESTS_AT_ONCE:
                raise LimitReached(_("Another test event is being sent. Try again in a few seconds."))
            self.accounts.add(account_pk)
        try:
            yield
        finally:
            with self.lock:
                self.accounts.discard(account_pk)


turns = Turns()
