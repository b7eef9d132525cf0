"""What came of a test event, as the page shows it under the line of its URL."""

from dataclasses import dataclass
from typing import Final

from applications.models import Application, Delivery, DeliveryAttempt
from applications.operations.webhook_tests import WRONG_SIGNATURE
from applications.panel.webhook_words import status_words, whole_result
from applications.rules.attempts import is_success

LONGEST_SHOWN: Final = 300  # characters of an answer; the page of the delivery has all that is kept


@dataclass(frozen=True, slots=True)
class Tested:
    """`kind` is one of arrived, redirected, failed; of an event with a wrong signature: accepted, refused, unclear."""

    kind: str
    setting: str
    delivery: Delivery
    attempt: DeliveryAttempt

    @property
    def result(self) -> str:
        """The status, or why there is none."""
        return whole_result(self.attempt.status, self.attempt.error)

    @property
    def status(self) -> str:
        """The status in words, also of an answer that was not whole."""
        return status_words(self.attempt.status) if self.attempt.status else ""

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return next((value for name, value in self.attempt.answer_headers if name.lower() == "location"), "")

    @property
    def answer(self) -> str:
        """The beginning of the answer."""
        body = self.attempt.body
        return body if len(body) <= LONGEST_SHOWN else f"{body[:LONGEST_SHOWN]}…"


def tested_of(application: Application, key: str) -> Tested | None:
    """Return what came of the test event with this id; None where there is none, or it is still under way."""
    if not (key.isascii() and key.isprintable()):
        return None
    found = Delivery.objects.of(application.pk).filter(key=key, is_test=True).select_related("webhook")
    delivery = found.first()
    attempt = DeliveryAttempt.objects.filter(delivery=delivery.pk).last() if delivery else None
    if delivery is None or attempt is None:
        return None
    return Tested(_kind(attempt), delivery.webhook.setting, delivery, attempt)


def _kind(attempt: DeliveryAttempt) -> str:
    succeeded, status = is_success(attempt.status, attempt.error), attempt.status or 0
    if is_forged(attempt):
        if succeeded:
            return "accepted"
        return "refused" if not attempt.error and 400 <= status < 500 else "unclear"
    if succeeded:
        return "arrived"
    return "redirected" if not attempt.error and 300 <= status < 400 else "failed"


def is_forged(attempt: DeliveryAttempt) -> bool:
    """Whether the attempt went with a wrong signature, to see whether the receiver looks at it."""
    return ["webhook-signature", WRONG_SIGNATURE] in attempt.headers
