"""Deliveries as the standardwebhooks package of node takes them: signed, rolled, wrong and late."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from applications.operations.actors import OPERATOR
from applications.operations.webhook_secrets import roll_webhook_secret, signed_headers
from applications.rules.signatures import new_signing_secret
from tests.factories import make_account, make_application


@pytest.mark.django_db
def test_node_takes_what_is_signed_and_nothing_else(node: Callable[..., Any]) -> None:
    application, now = make_application(make_account())[0], datetime.now(UTC)
    older, newer = (roll_webhook_secret(application=application, actor=OPERATOR) for _each in range(2))
    body = '{"event": "receive_sms", "data": [{"text": "Zażółć 😀"}]}'

    def delivered(secret: str, at: datetime, sent: str = body) -> dict[str, Any]:
        headers = signed_headers(application_id=application.pk, webhook_id="msg_1", at=at, body=body.encode())
        return {"secret": secret, "headers": headers, "body": sent}

    deliveries = [
        delivered(newer, now),
        delivered(older, now),
        delivered(new_signing_secret(), now),
        delivered(newer, now, body.replace("Za", "ZA")),
        delivered(newer, now - timedelta(minutes=6)),
        delivered(newer, now + timedelta(minutes=6)),
    ]
    verdicts = node("standardwebhooks.mjs", json.dumps(deliveries))
    assert verdicts[:2] == ["good", "good"]
    assert verdicts[2:4] == ["No matching signature found"] * 2
    assert "too old" in verdicts[4]
    assert "too new" in verdicts[5]
