"""Changing message settings: what is stored, who is told of a conflict, what the audit log says."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from applications.errors import Conflict, NotFound
from applications.models import Application, AuditEvent, MessageSettings
from applications.models.audit import Action
from applications.models.message_settings import CALLBACKS, DOCUMENTED
from applications.operations.actors import OPERATOR
from applications.operations.applications import delete_application
from applications.operations.message_settings import update_message_settings
from applications.rules.previews import SmsSettings
from tests.factories import make_account, make_application


@pytest.fixture
def application(db: None) -> Application:
    return make_application(make_account())[0]


def change(application: Application, fingerprint: str | None = None, **changes: Any) -> dict[str, list[Any]]:
    return update_message_settings(
        application=application, changes=changes, actor=OPERATOR, fingerprint=fingerprint
    )


def stored(application: Application) -> MessageSettings:
    return MessageSettings.objects.of(application.pk)


def rows(application: Application) -> list[AuditEvent]:
    events = AuditEvent.objects.filter(application_id=application.application_id)
    return list(events.filter(action=Action.MESSAGES_CHANGED))


def test_without_a_row_an_application_has_the_defaults(application: Application) -> None:
    assert not MessageSettings.objects.exists()
    assert stored(application).sms_settings() == SmsSettings()
    assert stored(application).otp_sender == "InfoText"


def test_a_change_is_stored_and_audited_with_old_and_new(application: Application) -> None:
    changed = change(application, sms_sender="Marlowe", sms_alphabet="POLISH", sms_remove_emojis=False)
    assert changed == {"sms_sender": ["", "Marlowe"], "sms_alphabet": ["NONE", "POLISH"]}
    assert (stored(application).sms_sender, stored(application).sms_alphabet) == ("Marlowe", "POLISH")
    (event,) = rows(application)
    assert event.details == changed
    assert event.target == "Order notifications"


def test_what_is_the_same_already_writes_nothing(application: Application) -> None:
    change(application, otp_ttl=600)
    assert change(application, otp_ttl=600, sms_sender="") == {}
    assert len(rows(application)) == 1


def test_of_two_admins_the_second_is_told(application: Application) -> None:
    fingerprint = stored(application).fingerprint(["sms_sender", "sms_alphabet"])
    change(application, fingerprint, sms_alphabet="GREEK", sms_sender="")
    with pytest.raises(Conflict):
        change(application, fingerprint, sms_sender="Marlowe", sms_alphabet="NONE")
    assert stored(application).values(["sms_sender", "sms_alphabet"]) == {
        "sms_sender": "",
        "sms_alphabet": "GREEK",
    }
    assert len(rows(application)) == 1


def test_two_admins_on_two_channels_do_not_meet(application: Application) -> None:
    of_otp = stored(application).fingerprint(["otp_ttl"])
    change(application, sms_sender="Marlowe")
    change(application, of_otp, otp_ttl=900)
    assert (stored(application).sms_sender, stored(application).otp_ttl) == ("Marlowe", 900)


def test_a_deleted_application_has_none(application: Application) -> None:
    change(application, sms_sender="Marlowe")
    delete_application(application=application, actor=OPERATOR)
    assert not MessageSettings.objects.exists()
    with pytest.raises(NotFound):
        change(application, sms_sender="Marlowe")


def test_every_column_is_documented_once_and_every_documented_one_is_a_column() -> None:
    columns = {field.name for field in MessageSettings._meta.concrete_fields} - {"application"}
    listed: list[str] = []
    for names in DOCUMENTED.values():
        for column in names.values():
            listed += [column] if isinstance(column, str) else column.values()
    assert sorted(listed) == sorted(columns)
    assert set(CALLBACKS) == {name for name in columns if name.endswith("_callback")}


def test_the_documented_structure_of_an_application_that_nobody_touched() -> None:
    quiet = {"start": "", "stop": ""}
    channel = {"dlrCallback": None, "receiveCallback": None, "quietHours": quiet}
    assert MessageSettings().documented() == {
        "sms": {
            "enforceOriginator": "",
            **channel,
            "transliteration": {"alphabet": "NONE", "removeEmojis": False},
        },
        "viber": channel,
        "whatsapp": channel,
        "multichannel": {**channel, "ttl": 3600, "expireAfterTtl": False},
        "shortlinks": {"shortlinksCallback": None},
        "attachments": {"attachmentsCallback": None},
        "optouts": {"optoutsCallback": None},
        "lookup": {"lookupCallback": None},
        "otp": {
            "template": "{{pin}} is your code.",
            "from": "InfoText",
            "pinType": "numbers",
            "pinLength": 6,
            "ttl": 300,
            "maxAttempts": 3,
            "otpCallback": None,
        },
    }


def test_sms_settings_are_made_of_the_columns() -> None:
    settings = MessageSettings(sms_sender="Marlowe", sms_alphabet="GREEK", sms_remove_emojis=True)
    settings.sms_quiet_start, settings.sms_quiet_stop = "21:30", "09:30"
    sms_settings = settings.sms_settings()
    assert sms_settings.quiet_hours is not None
    assert f"{sms_settings.quiet_hours.start:%H:%M}" == "21:30"
    assert replace(sms_settings, quiet_hours=None) == SmsSettings(
        "Marlowe", sms_settings.alphabet, remove_emojis=True
    )
    assert sms_settings.alphabet.value == "GREEK"


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"sms_sender": "ab"}, "sms_sender_is_long_enough"),
        ({"sms_alphabet": "KLINGON"}, "sms_alphabet_is_known"),
        ({"sms_quiet_start": "21:30"}, "sms_quiet_hours_start_and_stop"),
        ({"viber_quiet_start": "09:30", "viber_quiet_stop": "09:30"}, "viber_quiet_hours_start_and_stop"),
        ({"whatsapp_quiet_stop": "9:30"}, "whatsapp_quiet_hours_start_and_stop"),
        ({"multichannel_quiet_stop": "09:30"}, "multichannel_quiet_hours_start_and_stop"),
        ({"multichannel_ttl": 59}, "multichannel_ttl_in_range"),
        ({"otp_template": "Your code"}, "otp_template_has_the_pin"),
        ({"otp_template": "{{pin}}" + "a" * 1530}, "otp_template_fits"),
        ({"otp_sender": "ab"}, "otp_sender_is_long_enough"),
        ({"otp_pin_type": "runes"}, "otp_pin_type_is_known"),
        ({"otp_pin_length": 11}, "otp_pin_length_in_range"),
        ({"otp_ttl": 1801}, "otp_ttl_in_range"),
        ({"otp_max_attempts": 0}, "otp_max_attempts_in_range"),
        *(({name: "javascript:1"}, f"{name}_is_an_address") for name in CALLBACKS),
    ],
)
def test_the_database_refuses_what_no_form_lets_through(
    application: Application, changes: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        MessageSettings.objects.create(application=application, **changes)
