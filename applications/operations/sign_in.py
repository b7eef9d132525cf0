"""Failed tries to sign in, counted so that guessing is slow and nobody is shut out (docs/decisions/0012)."""

import hashlib
import time
from dataclasses import dataclass

from django.conf import settings

from applications.models import SignInFailures, UsedTimeStep
from applications.models.sign_in import count_failure, use_time_step
from applications.operations.sweeping import sweep_rows
from applications.rules.one_time_codes import PERIOD

MINUTE = 60  # seconds
DAY = 86400  # seconds
STEPS_KEPT = 10  # steps after which a code is long refused for its age alone


@dataclass(frozen=True, slots=True)
class Count:
    """What failures are counted for: `subject` ("address:192.0.2.1") in a window of `seconds`."""

    subject: str
    seconds: int

    @property
    def digest(self) -> str:
        """What stands in the table for it; each window has a count of its own."""
        return hashlib.sha256(f"{self.seconds}:{self.subject}".encode("utf-8", "replace")).hexdigest()

    def number(self) -> int:
        """How many failures there were in the window that runs now."""
        earliest = int(time.time()) - self.seconds
        row = SignInFailures.objects.filter(subject=self.digest, began__gt=earliest).first()
        return row.number if row else 0

    def add(self) -> int:
        """Count a failure; return which one of the window it is."""
        return count_failure(self.digest, int(time.time()), self.seconds)


def use_code(secret: str, step: int) -> bool:
    """Take the time step of an app's code, once; False when it was taken before (RFC 6238 section 5.2)."""
    return use_time_step(hashlib.sha256(secret.encode()).hexdigest(), step)


def purge_sign_in() -> int:
    """Delete counts that began THROTTLE_KEEP_DAYS ago, and time steps that no code can have any more; return how many.

    A day is the longest that anything is counted for.
    """
    moment = int(time.time())
    over = SignInFailures.objects.filter(began__lt=moment - settings.THROTTLE_KEEP_DAYS * DAY)
    used = UsedTimeStep.objects.filter(step__lt=moment // PERIOD - STEPS_KEPT)
    return sweep_rows(over) + sweep_rows(used)
