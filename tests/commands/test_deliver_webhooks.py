"""`deliver_webhooks`: what it refuses to begin with. That it delivers, tests/delivery shows."""

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings


def test_an_engine_that_there_is_not(db: None, settings: Settings) -> None:
    settings.WEBHOOK_ENGINE = "steam"
    with pytest.raises(CommandError, match="threads or celery, and not “steam”"):
        call_command("deliver_webhooks")
