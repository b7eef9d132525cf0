"""Message settings over the API, and POST /messages/preview in the platform's shapes."""

import base64
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.models import Account, Application, AuditEvent, MessageSettings
from applications.operations.actors import OPERATOR
from applications.operations.message_settings import update_message_settings
from applications.operations.resource_servers import create_resource_server
from applications.operations.throttle import failures
from applications.rules.names import Name
from tests.api.conftest import Program, bearer, error_of, with_api_key
from tests.factories import make_account, make_application
from tests.oauth.conftest import Response

PREVIEW = "/messages/preview"
NOON = datetime(2026, 11, 24, 12, 0, tzinfo=ZoneInfo("Europe/Warsaw"))
CALLBACK = "https://hooks.example.com/"


@pytest.fixture
def settings_of(application: Application) -> dict[str, Any]:
    """How the application's messages are treated before anything is changed."""
    return MessageSettings.objects.of(application.pk).documented()


@pytest.fixture
def platform(db: None) -> Program:
    """A resource server."""
    server, secret = create_resource_server(name=Name("SMS gateway"), actor=OPERATOR)
    return basic(server.server_id, secret)


def basic(client_id: str, secret: str) -> Program:
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return Program({"Authorization": f"Basic {pair}"})


def path(application: Application) -> str:
    return f"/applications/{application.application_id}"


def change(program: Program, application: Application, settings: Any) -> Response:
    return program.patch(path(application), {"settings": settings})


def set_to(application: Application, **changes: Any) -> None:
    update_message_settings(application=application, changes=changes, actor=OPERATOR)


# --- PATCH --------------------------------------------------------------------------------------


def test_all_of_the_documented_structure_can_be_sent_back(program: Program, application: Application) -> None:
    quiet = {"start": "21:30", "stop": "09:30"}
    channel = {"dlrCallback": CALLBACK + "dlr", "receiveCallback": CALLBACK + "in", "quietHours": quiet}
    settings = {
        "sms": {
            "enforceOriginator": "Marlowe",
            **channel,
            "transliteration": {"alphabet": "MACEDONIAN_CYRILLIC", "removeEmojis": True},
        },
        "viber": channel,
        "whatsapp": channel,
        "multichannel": {**channel, "ttl": 600, "expireAfterTtl": True},
        "shortlinks": {"shortlinksCallback": CALLBACK + "1"},
        "attachments": {"attachmentsCallback": CALLBACK + "2"},
        "optouts": {"optoutsCallback": CALLBACK + "3"},
        "lookup": {"lookupCallback": CALLBACK + "4"},
        "otp": {
            "template": "Code {{pin}}\nby Marlowe",
            "from": "Marlowe",
            "pinType": "letters",
            "pinLength": 8,
            "ttl": 600,
            "maxAttempts": 5,
            "otpCallback": CALLBACK + "5",
        },
    }
    answer = change(program, application, settings)
    assert answer.status_code == 200
    assert answer.json()["settings"] == settings
    assert program.get(path(application)).json()["settings"] == settings
    event = AuditEvent.objects.first()
    assert event is not None
    assert (event.action, event.actor) == ("messages:change", application.application_id)
    assert event.details["otp_pin_length"] == [6, 8]
    set_again = change(program, application, answer.json()["settings"])
    assert set_again.json()["settings"] == settings
    assert AuditEvent.objects.filter(action="messages:change").count() == 1


def test_what_is_left_out_stays(program: Program, application: Application) -> None:
    set_to(application, sms_sender="Marlowe", sms_quiet_start="21:30", sms_quiet_stop="09:30", otp_ttl=900)
    answer = change(program, application, {"sms": {"quietHours": {"stop": "08:00"}}, "otp": {}})
    sms, otp = answer.json()["settings"]["sms"], answer.json()["settings"]["otp"]
    assert sms["enforceOriginator"] == "Marlowe"
    assert sms["quietHours"] == {"start": "21:30", "stop": "08:00"}
    assert otp["ttl"] == 900


def test_null_and_empty_take_a_callback_and_a_sender_away(program: Program, application: Application) -> None:
    set_to(application, sms_sender="Marlowe", sms_dlr_callback=CALLBACK, lookup_callback=CALLBACK)
    settings = {"sms": {"enforceOriginator": None, "dlrCallback": ""}, "lookup": {"lookupCallback": None}}
    answer = change(program, application, settings).json()["settings"]
    assert answer["sms"]["enforceOriginator"] == ""
    assert answer["sms"]["dlrCallback"] is None
    assert answer["lookup"] == {"lookupCallback": None}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ([], "settings: It must be an object."),
        ({"pigeon": {}}, "settings.pigeon: It is unknown. Known are sms, viber"),
        ({"sms": None}, "settings.sms: It must be an object."),
        ({"sms": {"sender": "x"}}, "settings.sms.sender: It is unknown. Known are enforceOriginator,"),
        ({"sms": {"quietHours": "21:30"}}, "settings.sms.quietHours: It must be an object."),
        (
            {"sms": {"quietHours": {"end": ""}}},
            "settings.sms.quietHours.end: It is unknown. Known are start, stop.",
        ),
        ({"sms": {"quietHours": {"start": 21}}}, "settings.sms.quietHours.start: It must be a string."),
        ({"sms": {"quietHours": {"start": "21:30"}}}, "settings.sms.quietHours.stop: Quiet hours need both"),
        (
            {"viber": {"quietHours": {"stop": "9:30"}}},
            "settings.viber.quietHours.stop: It must be a time from",
        ),
        (
            {"sms": {"quietHours": {"start": "21:30", "stop": "24:00"}}},
            "settings.sms.quietHours.stop: It must be a time from 00:00 to 23:59, exactly as 09:30, or empty.",
        ),
        (
            {"sms": {"quietHours": {"start": "", "stop": "09:30"}}},
            "settings.sms.quietHours.start: Quiet hours need",
        ),
        (
            {"whatsapp": {"quietHours": {"start": "09:30", "stop": "09:30"}}},
            "settings.whatsapp.quietHours.stop: Quiet hours cannot start and end at the same minute.",
        ),
        (
            {"multichannel": {"quietHours": {"start": "00:00", "stop": "23:59"}}},
            "settings.multichannel.quietHours.stop: Quiet hours cannot last the whole day",
        ),
        (
            {"sms": {"transliteration": {"alphabet": "KLINGON"}}},
            "settings.sms.transliteration.alphabet: There is no such alphabet. It is one of NONE, NON_GSM",
        ),
        (
            {"sms": {"transliteration": {"removeEmojis": 1}}},
            "settings.sms.transliteration.removeEmojis: It must be true or false.",
        ),
        (
            {"sms": {"enforceOriginator": "Mar lowe"}},
            "settings.sms.enforceOriginator: A sender ID has no spaces",
        ),
        (
            {"sms": {"dlrCallback": "https://10.0.0.1/"}},
            "settings.sms.dlrCallback: This address is not public.",
        ),
        ({"multichannel": {"ttl": "600"}}, "settings.multichannel.ttl: It must be a whole number."),
        ({"multichannel": {"ttl": True}}, "settings.multichannel.ttl: It must be a whole number."),
        (
            {"multichannel": {"ttl": 10**30}},
            "settings.multichannel.ttl: The time before the next channel is 60",
        ),
        ({"otp": {"template": "Your code"}}, "settings.otp.template: A template contains {{pin}}"),
        ({"otp": {"template": None}}, "settings.otp.template: It must be a string."),
        ({"otp": {"from": ""}}, "settings.otp.from: A sender has 3 to 11 characters"),
        (
            {"otp": {"pinType": "runes"}},
            "settings.otp.pinType: A PIN type is letters, numbers or alphanumeric.",
        ),
        ({"otp": {"pinLength": 3}}, "settings.otp.pinLength: A PIN has 4 to 10 characters."),
        (
            {"sms": {"enforceOriginator": "a\x00b"}},
            "settings.sms.enforceOriginator: It holds a control character.",
        ),
        ({"sms": {"enforceOriginator": "a\fb"}}, "settings.sms.enforceOriginator: A sender ID has"),
    ],
)
def test_what_is_wrong_is_named_by_its_path_and_nothing_is_changed(
    settings: Any, words: str, program: Program, application: Application
) -> None:
    body = {"name": "Changed", "settings": settings}
    answer = program.patch(path(application), body)
    status, kind, message = error_of(answer)
    assert (status, kind) == (400, "invalid_param")
    assert words in message
    application.refresh_from_db()
    assert application.name == "Back office"
    assert not MessageSettings.objects.exists()


@pytest.mark.parametrize(
    ("sent", "path_of_fault"),
    [
        ({"start": "09:30"}, "settings.sms.quietHours.start"),
        ({"stop": "21:30"}, "settings.sms.quietHours.stop"),
        ({"start": "09:31"}, "settings.sms.quietHours.start"),
        ({"start": ""}, "settings.sms.quietHours.start"),
        ({"stop": ""}, "settings.sms.quietHours.stop"),
    ],
)
def test_of_quiet_hours_that_do_not_go_together_the_one_that_was_sent_is_named(
    sent: dict[str, str], path_of_fault: str, program: Program, application: Application
) -> None:
    set_to(application, sms_quiet_start="21:30", sms_quiet_stop="09:30")
    message = error_of(change(program, application, {"sms": {"quietHours": sent}}))[2]
    assert message.startswith(f"{path_of_fault}: Quiet hours")


def test_a_template_may_break_the_page(program: Program, application: Application) -> None:
    template = "Code\f{{pin}}"
    answer = change(program, application, {"otp": {"template": template}})
    assert answer.json()["settings"]["otp"]["template"] == template


def test_a_change_of_one_channel_and_a_fault_in_another_change_nothing(
    program: Program, application: Application
) -> None:
    answer = change(program, application, {"sms": {"enforceOriginator": "Marlowe"}, "otp": {"ttl": 1}})
    assert error_of(answer)[2] == "settings.otp.ttl: A PIN is valid for 60 to 1,800 seconds."
    assert not MessageSettings.objects.exists()


# --- Preview ------------------------------------------------------------------------------------


@time_machine.travel(NOON, tick=False)
def test_the_answer_has_the_platforms_shape(program: Program, application: Application) -> None:
    quiet = {"sms_quiet_start": "21:30", "sms_quiet_stop": "09:30"}
    set_to(application, sms_sender="Marlowe", sms_alphabet="ROMANIAN", sms_remove_emojis=True, **quiet)
    sent = {
        "text": "Mulțumim, Ștefan 📦 ș",
        "from": "Shop",
        "to": "+40721555013",
        "scheduledDate": "2026-11-24 19:55:00",  # 21:55 in Romania
    }
    answer = program.post(PREVIEW, sent)
    assert answer.status_code == 200
    assert answer.json() == {
        "text": "Multumim, Stefan  s",
        "from": "Marlowe",
        "parts": 1,
        "textAnalysis": {"length": 19, "unicode": False, "parts": 1},
        "transliterationAnalysis": {
            "totalOriginalParts": 1,
            "totalReplacedParts": 1,
            "totalPartsSaved": 0,
            "text": {
                "original": {
                    "text": "Mulțumim, Ștefan 📦 ș",
                    "length": 21,
                    "parts": 1,
                    "encoding": "UCS-2",
                },
                "replaced": {
                    "text": "Multumim, Stefan  s",
                    "length": 19,
                    "parts": 1,
                    "encoding": "GSM-7",
                    "characters": {"ț": 1, "Ș": 1, "ș": 1},
                },
            },
        },
        "inQuietHours": True,
        "scheduledAt": "2026-11-25 07:31:00",
    }


@time_machine.travel(NOON, tick=False)
def test_without_settings_the_text_goes_as_it_is(program: Program) -> None:
    answer = program.post(PREVIEW, {"text": "Zażółć"}).json()
    assert (answer["text"], answer["from"], answer["parts"]) == ("Zażółć", "", 1)
    assert answer["textAnalysis"] == {"length": 6, "unicode": True, "parts": 1}
    assert (answer["inQuietHours"], answer["scheduledAt"]) == (False, None)


@time_machine.travel(NOON, tick=False)
def test_quiet_hours_are_those_of_the_destination_else_of_the_account(
    program: Program, application: Application
) -> None:
    set_to(application, sms_quiet_start="19:00", sms_quiet_stop="20:30")  # noon in Warsaw is 20:00 in Tokyo
    held = {"inQuietHours": True, "scheduledAt": "2026-11-24 11:31:00"}
    for where in ({"to": "+81312345678"}, {"countryIso": "JP"}, {"timezone": "Asia/Tokyo"}):
        assert held.items() <= program.post(PREVIEW, {"text": "Hi", **where}).json().items()
    assert program.post(PREVIEW, {"text": "Hi"}).json()["inQuietHours"] is False
    set_to(application, sms_quiet_start="11:00", sms_quiet_stop="12:00")
    assert program.post(PREVIEW, {"text": "Hi"}).json()["scheduledAt"] == "2026-11-24 11:01:00"


@time_machine.travel(NOON, tick=False)
def test_a_time_ahead_is_kept_and_one_that_has_passed_is_now(program: Program) -> None:
    ahead = {"text": "Hi", "scheduledDate": "2026-11-24 11:00:01"}
    assert program.post(PREVIEW, ahead).json()["scheduledAt"] == "2026-11-24 11:00:01"
    passed = {"text": "Hi", "scheduledDate": "2026-11-24 10:59:59"}
    assert program.post(PREVIEW, passed).json()["scheduledAt"] is None


@pytest.mark.parametrize("alphabet", ["NONE", "NON_GSM", "POLISH"])
def test_a_page_break_is_gsm7_and_counts_two(alphabet: str, program: Program) -> None:
    body = {"text": "a\fb", "transliteration": {"alphabet": alphabet}}
    answer = program.post(PREVIEW, body).json()
    assert answer["text"] == "a\fb"
    assert answer["textAnalysis"] == {"length": 4, "unicode": False, "parts": 1}


def test_transliteration_of_the_request_goes_before_the_setting(
    program: Program, application: Application
) -> None:
    set_to(application, sms_alphabet="POLISH", sms_remove_emojis=True)

    def made(**transliteration: Any) -> str:
        body = {"text": "Zażółć ș🙂", "transliteration": transliteration}
        return str(program.post(PREVIEW, body).json()["text"])

    assert made() == "Zazolc ș"
    assert made(alphabet="NONE") == "Zażółć ș"
    assert made(removeEmojis=False) == "Zazolc ș🙂"
    assert made(alphabet="NON_GSM", removeEmojis=True) == "Zazolc s"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "text: A text needs at least one character."),
        ({"text": 5}, "text: It must be a string."),
        ({"text": "a" * 1531}, "text: A text has at most 10 parts: 1530 characters in GSM-7"),
        ({"text": "🙂" * 336}, "at most 10 parts"),
        ({"text": "🙂" * 3000}, "at most 10 parts"),
        ({"text": "a\x00"}, "control character"),
        ({"text": "Hi", "from": "a b"}, "from: A sender ID has no spaces"),
        ({"text": "Hi", "to": "48600100200"}, "to: A number starts with +"),
        ({"text": "Hi", "countryIso": "XX"}, "countryIso: There is no such country"),
        ({"text": "Hi", "timezone": "../../etc/passwd"}, "timezone: There is no such time zone"),
        ({"text": "Hi", "scheduledDate": "tomorrow"}, "scheduledDate: It must be a time in UTC"),
        *(
            ({"text": "Hi", "scheduledDate": written}, "scheduledDate: It must be a time in UTC, exactly as")
            for written in (
                "2026-1-4 1:2:3",
                "2026-12-24 21:55",
                "2026-12-24T21:55:00",
                "2026-12-24  21:55:00",
                " 2026-12-24 21:55:00",
                "2026-12-24 21:55:00\n",
                "2026-12-24 21:55:00Z",
                "2026-12-24 21:55:60",
                "2026-02-30 21:55:00",
                "0000-01-01 00:00:00",
                "٢٠٢٦-12-24 21:55:00",
                "２０２６-12-24 21:55:00",
            )
        ),
        ({"text": "Hi", "scheduledDate": "9999-12-31 23:59:59"}, "scheduledDate: It must be a time up to"),
        ({"text": "Hi", "transliteration": "POLISH"}, "transliteration: It must be an object."),
        ({"text": "Hi", "transliteration": {"alphabet": "KLINGON"}}, "It is one of NONE, NON_GSM, POLISH"),
        ({"text": "Hi", "transliteration": {"script": "x"}}, "transliteration.script: It is unknown."),
        ({"text": "Hi", "applicationId": "f" * 40}, "applicationId: It is unknown."),
        ({"text": "Hi", "sms": True}, "sms: It is unknown. Known are text, from"),
    ],
)
def test_what_cannot_be_previewed_is_told_why(body: Any, words: str, program: Program) -> None:
    status, kind, message = error_of(program.post(PREVIEW, body))
    assert (status, kind) == (400, "invalid_param")
    assert words in message


@pytest.mark.parametrize("text", ["a" * 1_000_000, "🙂" * 10_000])
def test_a_huge_text_is_refused_at_once(text: str, program: Program) -> None:
    assert error_of(program.post(PREVIEW, {"text": text}))[:2] == (413, "request_too_large")


def test_it_takes_the_scope_sms(application: Application) -> None:
    answer = bearer(application, "groups").post(PREVIEW, {"text": "Hi"})
    assert error_of(answer)[:2] == (403, "insufficient_scope")
    assert error_of(Program({}).post(PREVIEW, {"text": "Hi"}))[:2] == (401, "invalid_credentials")
    assert error_of(bearer(application).get(PREVIEW))[:2] == (405, "method_not_allowed")


def test_an_api_key_belongs_to_no_application_and_has_the_defaults(
    account: Account, application: Application
) -> None:
    set_to(application, sms_alphabet="POLISH")
    key = with_api_key(account, "sms")
    assert key.post(PREVIEW, {"text": "ł"}).json()["text"] == "ł"
    polish = {"text": "ł", "transliteration": {"alphabet": "POLISH"}}
    assert key.post(PREVIEW, polish).json()["text"] == "l"


# --- The platform -------------------------------------------------------------------------------


def test_a_resource_server_applies_the_settings_of_any_application(
    platform: Program, application: Application
) -> None:
    other = make_application(make_account("Elsewhere", "charlie@elsewhere.example"))[0]
    set_to(application, sms_alphabet="POLISH")
    set_to(other, sms_sender="Elsewhere")
    body = {"text": "ł", "applicationId": application.application_id}
    assert platform.post(PREVIEW, body).json()["text"] == "l"
    answer = platform.post(PREVIEW, {"text": "ł", "applicationId": other.application_id}).json()
    assert (answer["text"], answer["from"]) == ("ł", "Elsewhere")


def test_a_resource_server_says_whose_settings(platform: Program) -> None:
    assert error_of(platform.post(PREVIEW, {"text": "Hi"}))[2] == "applicationId: Say whose settings to use."
    for unknown in ("f" * 40, "nothing", "' OR 1=1"):
        answer = platform.post(PREVIEW, {"text": "Hi", "applicationId": unknown})
        assert error_of(answer)[:2] == (404, "not_found")
    assert error_of(platform.send("GET", PREVIEW, "", ""))[:2] == (405, "method_not_allowed")


def test_who_is_no_resource_server_is_refused(platform: Program, application: Application) -> None:
    client_id, _colon, _secret = (
        base64.b64decode(platform.headers["Authorization"].split()[1]).decode().partition(":")
    )
    body = {"text": "Hi", "applicationId": application.application_id}
    for program in (
        basic(client_id, "0" * 40),
        basic(application.application_id, "0" * 40),
        basic("short", "x"),
        Program({"Authorization": "Basic ???"}),
    ):
        answer = program.post(PREVIEW, body)
        assert error_of(answer)[:2] == (401, "invalid_credentials")
        assert answer["WWW-Authenticate"].startswith("Basic realm=")


def test_guessing_a_resource_server_is_slowed_down_and_the_right_secret_is_not(
    platform: Program, application: Application
) -> None:
    client_id = base64.b64decode(platform.headers["Authorization"].split()[1]).decode()[:40]
    body = {"text": "Hi", "applicationId": application.application_id}
    failures.forget()
    kinds = [error_of(basic(client_id, "0" * 40).post(PREVIEW, body))[1] for _try in range(failures.most + 1)]
    failures.forget()
    assert kinds[0] == "invalid_credentials"
    assert kinds[-1] == "rate_limit_exceeded"
    assert platform.post(PREVIEW, body).status_code == 200


def test_a_preview_is_one_question_to_the_store(program: Program, application: Application) -> None:
    body = {"text": "Hi", "to": "+48600100200"}
    program.post(PREVIEW, body)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        program.post(PREVIEW, body)
    read = [query["sql"] for query in asked if query["sql"].lstrip().startswith("SELECT")]
    assert len(read) == 1  # the client, with the settings


def test_days_when_the_clocks_change_answer_too(program: Program, application: Application) -> None:
    set_to(application, sms_quiet_start="02:00", sms_quiet_stop="02:59")
    night = datetime(2026, 3, 29, 0, 30, tzinfo=ZoneInfo("Europe/Warsaw"))
    for hours in range(4):
        with time_machine.travel(night + timedelta(hours=hours), tick=False):
            body = {"text": "Hi", "countryIso": "PL"}
            assert bearer(application).post(PREVIEW, body).status_code == 200
