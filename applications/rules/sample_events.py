"""A sample of each event in the platform's published shapes: what a test event sends, and what pages show."""

from collections.abc import Mapping
from typing import Any, Final

_MESSAGE: Final = "a44ba4e2-1d0c-4c19-9f6e-8b7a0f4d5c11"
_MOMENT: Final = "2026-11-24 11:58:07"
_NUMBER: Final = "+40721555013"
_HIT: Final[Mapping[str, Any]] = {
    "hitId": "5d0cbe7e-6a53-4d5e-9b19-2f0f6a3f3a10",
    "device": "mobile",
    "browser": "Chrome Mobile",
    "browserVersion": "141.0",
    "os": "Android",
    "osVersion": "16",
    "brand": "Samsung",
    "model": "Galaxy S25",
    "screenResolution": "412x915",
    "acceptLanguage": "ro-RO",
    "referrer": "",
    "ipAddress": "198.51.100.23",
    "countryIso": "RO",
    "city": "Cluj-Napoca",
    "datetime": _MOMENT,
    "phoneNumber": _NUMBER,
    "campaignId": "31c8e7d9-7f7c-49cf-a9a2-0f6f2f1f1c55",
    "groupId": 7,
}
_RECEIVED: Final[Mapping[str, Any]] = {
    "msgId": _MESSAGE,
    "from": _NUMBER,
    "countryIso": "RO",
    "to": "1234",
    "text": "Yes, Thursday suits me",
    "cost": 0.01,
    "receivedAt": _MOMENT,
}
_LINK: Final[Mapping[str, Any]] = {**_HIT, "shortlinkId": "Xy7pQ", "url": "https://shop.example.com/autumn"}
_FILE: Final[Mapping[str, Any]] = {
    **_HIT,
    "attachmentId": "9bKf2",
    "fileUrl": "https://files.example.com/offer.pdf",
}

SAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "dlr_update": {
        "campaignId": "31c8e7d9-7f7c-49cf-a9a2-0f6f2f1f1c55",
        "msgId": _MESSAGE,
        "statusCode": 2,
        "status": "DELIVERED",
        "errorCode": 0,
        "datetime": _MOMENT,
        "trackData": "order-1042",
    },
    **dict.fromkeys(("receive_sms", "receive_viber", "receive_whatsapp"), _RECEIVED),
    **dict.fromkeys(("shortlink_hit", "shortlink_hit_update"), _LINK),
    **dict.fromkeys(("attachment_hit", "attachment_hit_update"), _FILE),
    "new_optout": {
        "hitId": _HIT["hitId"],
        "optoutId": "Qw3rT",
        "optoutUrl": "https://optout.example.com/Qw3rT",
        "optoutType": "link",
        "countryIso": "RO",
        "datetime": _MOMENT,
        "phoneNumber": _NUMBER,
        "campaignId": _HIT["campaignId"],
        "groupId": 7,
    },
    "otp_update": {
        "otpId": "0b51f2c4-26a3-4a0a-8a57-9f8a4f6f1f7d",
        "trackId": "login-77",
        "phoneNumber": _NUMBER,
        "countryIso": "RO",
        "status": "VERIFIED",
        "cost": 0.03,
        "parts": 1,
        "maxAttempts": 3,
        "attempts": 1,
        "ttl": 300,
        "dateCreated": _MOMENT,
        "dateExpires": "2026-11-24 12:03:07",
    },
    "number_lookup": {
        "phoneNumber": _NUMBER,
        "lookupId": "c0a7a1d4-6b53-4e8d-8b51-0d4a5a1b7f0e",
        "cost": 0.002,
        "mcc": "226",
        "mccmnc": "22610",
        "countryIso": "RO",
        "countryName": "Romania",
        "status": "VALID",
        "ported": False,
        "roaming": False,
        "originalNetwork": "Orange",
        "datetime": _MOMENT,
    },
}
