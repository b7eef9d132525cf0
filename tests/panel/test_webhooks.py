"""The Webhooks tab: URLs, how they fare, test events, and what holds for all webhooks of an application."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from applications.forms.callbacks import CALLBACK_FORMS, CALLBACK_LABELS
from applications.models import Application, AuditEvent, Delivery, MessageSettings, Webhook
from applications.models.audit import Action
from applications.models.message_settings import CALLBACKS
from applications.models.webhooks import OffReason
from applications.operations import webhook_tests
from applications.operations.actors import OPERATOR
from applications.operations.applications import switch_application
from applications.operations.attempts import finish_attempts
from applications.operations.deliveries import claim_deliveries
from applications.operations.webhook_secrets import roll_webhook_secret, switch_webhook_signing
from applications.operations.webhook_tests import WRONG_SIGNATURE
from applications.operations.webhooks import set_webhook_options
from applications.panel.webhook_words import GROUPS, MEANINGS, short_result, whole_result
from applications.rules.send_failures import Failure
from applications.rules.webhook_events import EVENTS, events_of
from tests.panel.addresses import confirm, of
from tests.panel.pages import text
from tests.webhooks import URL, Answered, came, hand_over, only, set_url

DLR = "sms_dlr_callback"


class Sender:
    """What sends in these tests: it notes the requests, and answers what the test says."""

    answer = Answered(body=b'{"received":true}')
    sent: list[Any] = []  # noqa: RUF012

    def __call__(self, **request: Any) -> Answered:
        self.sent.append(request)
        return self.answer
