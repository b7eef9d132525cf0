"""Signatures of webhooks, held against the standard's own example and its published library."""

import base64
from datetime import UTC, datetime
from json import dumps

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from applications.rules.signatures import new_signing_secret, sign


def test_the_example_of_the_standard() -> None:
    signature = sign(
        signing_secrets=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_32_random_bytes() -> None:
    made = {new_signing_secret() for _number in range(100)}
    assert len(made) == 100
    assert {len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) for secret in made} == {32}


@given(st.dictionaries(st.text(), st.text()), st.integers(1, 3))
def test_the_published_library_takes_each_of_several_signatures(content: dict[str, str], number: int) -> None:
    now = int(datetime.now(UTC).timestamp())  # what is old is refused, and a run can be long
    secrets, body = [new_signing_secret() for _each in range(number)], dumps(content)
    signature = sign(signing_secrets=secrets, webhook_id="msg_1", timestamp=now, body=body.encode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(now), "webhook-signature": signature}
    for secret in secrets:
        assert Webhook(secret).verify(body, headers) == content
    for changed in ({"webhook-id": "msg_2"}, {"webhook-timestamp": str(now - 1)}):
        with pytest.raises(WebhookVerificationError):
            Webhook(secrets[0]).verify(body, headers | changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_signing_secret()).verify(body, headers)


@pytest.mark.parametrize("webhook_id", ["", "a.b", "msg.1."])
def test_an_id_that_could_be_read_as_a_timestamp_is_not_signed(webhook_id: str) -> None:
    with pytest.raises(ValueError, match="full stop"):
        sign(signing_secrets=[new_signing_secret()], webhook_id=webhook_id, timestamp=1614265330, body=b"")
