"""The Webhooks tab: URLs and how they fare, test events, and URLs that are switched off on other pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from applications.forms.callbacks import CALLBACK_LABELS
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
from applications.panel.webhooks import Figures, lines_of, sample_of
from applications.rules.send_failures import Failure
from applications.rules.webhook_events import EVENTS, events_of
from tests.panel.addresses import of
from tests.panel.pages import text
from tests.webhooks import URL, Answered, came, hand_over, only, set_url

DLR = "sms_dlr_callback"
SETTINGS = list(CALLBACK_LABELS)


class Sender:
    """What sends in these tests: it notes the requests, and answers what the test says."""

    def __init__(self) -> None:
        self.answer, self.sent = Answered(body=b'{"received":true}'), list[Any]()

    def __call__(self, **request: Any) -> Answered:
        self.sent.append(request)
        return self.answer


sender = Sender()


@pytest.fixture(autouse=True)
def fresh(settings: Any) -> None:
    sender.__init__()  # type: ignore[misc]  # as new
    settings.WEBHOOK_SENDER = "tests.panel.test_webhooks.sender"


@pytest.fixture
def sms(application: Application) -> Application:
    """An application that has a URL for delivery reports, and a signing secret."""
    set_url(application)
    roll_webhook_secret(application=application, actor=OPERATOR)
    return application


def tab(client: Client, application: Application, **query: str) -> str:
    answer = client.get(of(application, "webhooks"), query)
    assert answer.status_code == 200
    return text(answer)


def line(page: str, setting: str = DLR) -> str:
    """The part of the page that is about one URL."""
    return page.partition(f'<li id="{setting}"')[2].partition("</li>")[0]


def attempted(status: int | None, error: str = "", **more: Any) -> None:
    jobs = claim_deliveries(most=100, most_doubtful=100)
    finish_attempts(attempts=[came(job, status, error, **more) for job in jobs])


def switch_off(application: Application, reason: OffReason = OffReason.FAILING) -> None:
    hand_over(application)
    Webhook.objects.update(off_at=now(), off_reason=reason)


def stored(application: Application, setting: str = DLR) -> str:
    url: str = getattr(MessageSettings.objects.of(application.pk), setting)
    return url


def fingerprint(application: Application, setting: str = DLR) -> str:
    return MessageSettings.objects.of(application.pk).fingerprint([setting])


def save(client: Client, application: Application, url: str, setting: str = DLR, seen: str = "") -> Any:
    sent = {setting: url, "fingerprint": seen or fingerprint(application, setting)}
    return client.post(of(application, "webhook_url", setting), sent, follow=True)


# --- What is shown ------------------------------------------------------------------------------


def test_every_url_and_every_event_has_its_place_and_its_words() -> None:
    assert [setting for settings in GROUPS.values() for setting in settings] == SETTINGS
    assert set(SETTINGS) == set(CALLBACKS)
    assert set(MEANINGS) == set(EVENTS) == {event for setting in SETTINGS for event in events_of(setting)}


def test_a_new_application_shows_where_to_begin(alice: Client, application: Application) -> None:
    page = tab(alice, application)
    for setting, label in CALLBACK_LABELS.items():
        assert str(label) in line(page, setting)
        assert "No URL. These events are not sent." in line(page, setting)
        assert f"{of(application, 'webhook_url', setting)}" in line(page, setting)
    assert "Show 4 more without a URL" in page
    assert "Make a signing secret first" in page
    assert "Send test event" not in page
    assert "Nothing was sent yet." in page
    assert page.count("WEBHOOK_SECRET") > 5
    assert all(f">{name}</label>" in page for name in ("Python", "Node.js", "PHP", "Go", "C#"))


@pytest.mark.parametrize("event", EVENTS)
def test_each_event_has_a_sample_as_it_is_sent(event: str) -> None:
    sample = sample_of(event)
    assert f'"event": "{event}"' in sample
    assert '"data": [\n    {' in sample


def test_a_url_with_events_says_how_it_fares(alice: Client, sms: Application) -> None:
    assert "No event so far" in line(tab(alice, sms))
    hand_over(sms)
    assert "No event so far" in line(tab(alice, sms)), "nothing is known before the first attempt"
    attempted(200)
    shown = line(tab(alice, sms))
    assert "Delivering" in shown
    assert "1 attempt in 30 days: 100 % succeeded, 12 ms" in shown
    hand_over(sms, {"msgId": "2"}, {"msgId": "3"})
    attempted(503)
    page = tab(alice, sms)
    assert "Failing" in line(page)
    assert "1 waiting · 503" in line(page)
    assert "2 attempts in 30 days: 50 % succeeded, 12 ms on average" in line(page)
    assert "1 of 1 URLs is failing" in page
    assert "SMS delivery reports: it fails since" in page
    assert "Each is tried again for 51 hours." in page


def test_a_url_whose_last_event_gave_up(alice: Client, sms: Application) -> None:
    hand_over(sms)
    Delivery.objects.update(tries=8, attempts=8)
    attempted(None, "timeout")
    page = tab(alice, sms)
    assert "Last event gave up" in line(page)
    assert "after 9 attempts · No answer in time" in line(page)
    assert "is failing" not in page


@pytest.mark.parametrize(
    ("reason", "words"),
    [(OffReason.GONE, "It answered 410 (Gone)"), (OffReason.FAILING, "It failed for 5 days")],
)
def test_a_url_that_is_switched_off_says_why_and_is_switched_on(
    reason: OffReason, words: str, alice: Client, sms: Application
) -> None:
    switch_off(sms, reason)
    page = tab(alice, sms)
    assert words in line(page)
    assert "1 of 1 URLs is switched off" in page
    answer = alice.post(of(sms, "webhook_switch_on", DLR), follow=True)
    assert "The URL for SMS delivery reports is called again." in text(answer)
    assert "Switched off" not in line(text(answer))
    assert Webhook.objects.get().off_at is None
    event = AuditEvent.objects.first()
    assert event is not None
    assert event.action == Action.WEBHOOK_SWITCHED_ON


def test_another_url_begins_anew(alice: Client, sms: Application) -> None:
    switch_off(sms)
    set_url(sms, "https://hooks.example.com/other")
    page = tab(alice, sms)
    assert "No event so far" in line(page)
    assert "switched off" not in page


def test_a_disabled_application_sends_nothing_and_says_so(alice: Client, sms: Application) -> None:
    switch_application(application=sms, enabled=False, actor=OPERATOR)
    assert "is disabled, so no event is sent" in tab(alice, sms)


def test_markup_in_a_url_and_an_answer_is_text(alice: Client, sms: Application) -> None:
    sender.answer = Answered(body=b"<script>alert(1)</script>")
    page = alice.post(of(sms, "webhook_test", DLR), {"event": "dlr_update"}, follow=True).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_rate_is_never_rounded_up() -> None:
    figures = Figures.of({"succeeded": 9_999, "failed": 1, "milliseconds": 1_234_567})
    assert figures == Figures(10_000, "99.9", 123)
    assert Figures.of(None) is Figures.of({"succeeded": 0, "failed": 0, "milliseconds": 0}) is None


@pytest.mark.parametrize(
    ("status", "error", "short", "whole"),
    [
        (200, "", "200", "200 OK"),
        (799, "", "799", "799"),
        (None, "", "", ""),
        (None, "timeout", "No answer in time", "The whole answer did not come within 10 seconds."),
        (
            200,
            "closed",
            "Connection closed",
            "The receiver closed the connection before its answer was whole.",
        ),
        (None, "signing", "Not sent", "It could not be signed"),
        (None, "internal", "Not sent", "It was not sent: something failed here."),
    ],
)
def test_what_came_back_in_words(status: int | None, error: str, short: str, whole: str) -> None:
    assert short_result(status, error) == short
    assert whole_result(status, error).startswith(whole)


def test_every_failure_has_short_words() -> None:
    assert all(short_result(None, failure) != "Not sent" for failure in Failure)


def test_as_many_queries_for_many_deliveries_as_for_few(alice: Client, sms: Application) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            tab(alice, sms)
        return len(asked)

    hand_over(sms)
    attempted(503)
    tab(alice, sms)
    few = queries()
    webhook, moment = Webhook.objects.get(), now()
    Delivery.objects.bulk_create(
        Delivery(
            application=sms,
            webhook=webhook,
            key=f"msg_{number:032}",
            event="dlr_update",
            url=URL,
            object_count=1,
            data="{}",
            created_at=moment,
            next_attempt_at=moment,
        )
        for number in range(2_000)
    )
    assert queries() == few
    assert "2,001 waiting" in line(tab(alice, sms))


# --- Setting, changing, removing ----------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS)
def test_each_url_is_set_by_itself(setting: str, alice: Client, application: Application) -> None:
    answer = save(alice, application, URL, setting)
    assert f"The URL for {CALLBACK_LABELS[setting]} was saved." in text(answer)
    assert URL in line(text(answer), setting)
    values = MessageSettings.objects.of(application.pk).values(CALLBACKS)
    assert values == {each: URL if each == setting else "" for each in CALLBACKS}


def test_saving_what_is_stored_changes_nothing(alice: Client, sms: Application) -> None:
    before = AuditEvent.objects.count()
    assert "Nothing was changed." in text(save(alice, sms, URL))
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hooks.example.com/", "A URL starts with https://"),
        ("https://127.0.0.1/", "This address is not public"),
        ("https://hooks.example.com:25/", "one of the ports 443, 8443"),
        ("https://me:secret@hooks.example.com/", "no user name or password"),
        ("hooks.example.com", "This is no URL. Write it whole"),
        ("", "This field is required."),
    ],
)
def test_what_is_wrong_with_a_url_is_said_at_its_field(
    url: str, words: str, alice: Client, application: Application
) -> None:
    answer = save(alice, application, url)
    page = text(answer)
    assert answer.status_code == 422
    assert "Nothing was changed" in page
    assert page.count(words) >= 2
    assert 'aria-invalid="true"' in page
    assert stored(application) == ""


def test_in_development_events_may_go_to_this_machine(
    alice: Client, application: Application, settings: Any
) -> None:
    settings.CALLBACK_INSECURE = True
    save(alice, application, "http://127.0.0.1:9000/dlr")
    assert stored(application) == "http://127.0.0.1:9000/dlr"


def test_of_two_admins_the_second_sees_both_and_chooses(
    alice: Client, ada: Client, application: Application
) -> None:
    seen = fingerprint(application)
    save(ada, application, "https://ada.example.com/")
    answer = save(alice, application, "https://alice.example.com/", seen=seen)
    page = text(answer)
    assert answer.status_code == 409
    assert "Somebody else changed it meanwhile. This is stored now: https://ada.example.com/." in page
    assert 'value="https://alice.example.com/"' in page
    assert stored(application) == "https://ada.example.com/"
    again = page.partition('name="fingerprint" value="')[2].partition('"')[0]
    save(alice, application, "https://alice.example.com/", seen=again)
    assert stored(application) == "https://alice.example.com/"


def test_removing_says_what_waits_and_stops_it(alice: Client, sms: Application) -> None:
    address = of(sms, "webhook_url_remove", DLR)
    assert "Nothing waits for it." in text(alice.get(address))
    hand_over(sms)
    hand_over(sms, {"msgId": "2"})
    assert "2 deliveries that wait for it are not sent any more." in text(alice.get(address))
    answer = alice.post(address, {"fingerprint": fingerprint(sms)}, follow=True)
    assert "The URL for SMS delivery reports was removed." in text(answer)
    assert stored(sms) == ""
    assert alice.get(address).status_code == 302, "there is nothing to remove"


def test_a_url_that_was_changed_meanwhile_is_not_removed(alice: Client, sms: Application) -> None:
    seen = fingerprint(sms)
    set_url(sms, "https://hooks.example.com/new")
    page = text(alice.post(of(sms, "webhook_url_remove", DLR), {"fingerprint": seen}, follow=True))
    assert "Somebody else changed these settings." in page
    assert stored(sms) == "https://hooks.example.com/new"
    for sent in ({}, {"fingerprint": ""}, {"fingerprint": "a\x00b"}):
        assert alice.post(of(sms, "webhook_url_remove", DLR), sent).status_code == 400


def test_an_unknown_setting_is_not_found(alice: Client, application: Application) -> None:
    for name in ("webhook_url", "webhook_url_remove", "webhook_switch_on", "webhook_test"):
        assert alice.post(of(application, name, "sms_sender")).status_code == 404
    assert alice.post(of(application, "webhook_switch_on", DLR)).status_code == 404, "it never had an event"


# --- Test events --------------------------------------------------------------------------------


def sent_test(client: Client, application: Application, setting: str = DLR, **sent: str) -> str:
    answer = client.post(
        of(application, "webhook_test", setting), {"event": events_of(setting)[0], **sent}, follow=True
    )
    assert answer.status_code == 200
    return line(text(answer), setting)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_test_event_of_each_url_goes_there(setting: str, alice: Client, application: Application) -> None:
    set_url(application, f"{URL}/{setting}", setting)
    shown = sent_test(alice, application, setting)
    assert [request["url"] for request in sender.sent] == [f"{URL}/{setting}"]
    assert "The test event arrived" in shown
    assert "200 OK (7 ms, at" in shown
    assert 'Its answer: <code>{"received":true}</code>' in shown
    assert of(application, "delivery", only().key) in shown


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answered(500, body=b"no"), ["was not delivered", "500 Internal Server Error", "<code>no</code>"]),
        (
            Answered(301, (("Location", "https://hooks.example.com/v2"),)),
            [
                "301 Moved Permanently, to <code>https://hooks.example.com/v2</code>",
                "Redirects are not followed",
            ],
        ),
        (Answered(None, error="connect", body=b""), ["was not delivered", "No connection: nothing answers"]),
        (Answered(200, error="closed"), ["was not delivered", "200 OK. The receiver closed the connection"]),
        (Answered(body=b"a" * 5_000), ["arrived", "a" * 300 + "…"]),
    ],
)
def test_what_came_back_is_shown_under_the_line(
    answer: Answered, words: list[str], alice: Client, sms: Application
) -> None:
    sender.answer = answer
    shown = sent_test(alice, sms)
    for each in words:
        assert each in shown


@pytest.mark.parametrize(
    ("answer", "words", "kind"),
    [
        (Answered(204), "The receiver took an event with a wrong signature", "notice warn"),
        (Answered(401), "The receiver refused the wrong signature, as it should", "notice ok"),
        (Answered(500), "This does not say whether the receiver checks signatures", "notice warn"),
        (
            Answered(None, error="dns"),
            "This does not say whether the receiver checks signatures",
            "notice warn",
        ),
    ],
)
def test_the_negative_test(answer: Answered, words: str, kind: str, alice: Client, sms: Application) -> None:
    assert "Send it with a wrong signature" in sent_test(alice, sms)
    sender.answer = answer
    shown = sent_test(alice, sms, forged="on")
    good, forged = (request["headers"]["webhook-signature"] for request in sender.sent)
    assert forged == WRONG_SIGNATURE != good
    assert words in shown
    assert kind in shown
    assert ("Whoever knows the URL can send it made-up events" in shown) is (answer.status == 204)


@pytest.mark.parametrize("signs", [True, False])
def test_a_wrong_signature_is_offered_only_where_there_is_a_right_one(
    signs: bool, alice: Client, application: Application
) -> None:
    set_url(application)
    if not signs:
        roll_webhook_secret(application=application, actor=OPERATOR)
        switch_webhook_signing(application=application, signed=False, actor=OPERATOR)
    assert "wrong signature" not in sent_test(alice, application)


def test_a_receiver_that_refuses_before_there_is_a_secret(alice: Client, application: Application) -> None:
    set_url(application)
    sender.answer = Answered(401)
    assert "There is no signing secret yet" in sent_test(alice, application)


def test_what_came_of_a_test_is_still_there_after_reloading(alice: Client, sms: Application) -> None:
    sent_test(alice, sms)
    key = only().key
    assert "The test event arrived" in line(tab(alice, sms, tested=key))
    assert len(sender.sent) == 1
    for other in ("msg_unknown", "a\x00b", "ż"):
        assert "The test event" not in tab(alice, sms, tested=other)


def test_an_answer_that_is_not_kept_is_said_to_be_so(alice: Client, sms: Application) -> None:
    set_webhook_options(application=sms, keeps_bodies=False, actor=OPERATOR)
    assert "Its answer was not kept" in sent_test(alice, sms)


def test_a_test_that_cannot_be_sent_says_why(alice: Client, application: Application) -> None:
    def refused() -> str:
        return text(alice.post(of(application, "webhook_test", DLR), {"event": "dlr_update"}, follow=True))

    assert "No URL is set for this event." in refused()
    set_url(application)
    with webhook_tests.turns.taken(application.account_id):
        assert "Another test event is being sent." in refused()
    assert sender.sent == []


def test_only_events_of_the_url_are_sent(alice: Client, sms: Application) -> None:
    for event in ("new_optout", "no_such", ""):
        assert alice.post(of(sms, "webhook_test", DLR), {"event": event}).status_code == 400
    assert sender.sent == []


# --- Who, and other pages -----------------------------------------------------------------------


def test_a_viewer_reads_everything_and_has_no_button(bob: Client, sms: Application) -> None:
    switch_off(sms)
    page = tab(bob, sms)
    assert URL in line(page)
    assert "Switched off" in line(page)
    buttons = ("Send test event", "Switch on", "Set URL", "Redeliver", "Roll signing secret", 'role="switch"')
    assert [words for words in buttons if words in page] == []


def test_a_url_that_is_switched_off_is_told_on_the_overview_and_in_the_list(
    alice: Client, sms: Application
) -> None:
    listed = f"/panel/{sms.account_id}/applications/"
    assert "switched off" not in text(alice.get(of(sms, "overview")))
    assert "Webhook off" not in text(alice.get(listed))
    switch_off(sms)
    page = text(alice.get(of(sms, "overview")))
    assert "1 webhook is switched off" in page
    assert "SMS delivery reports." in page
    assert "Webhook off" in text(alice.get(listed))
    set_url(sms, "https://hooks.example.com/other")
    assert "switched off" not in text(alice.get(of(sms, "overview")))
    assert "Webhook off" not in text(alice.get(listed))


def test_figures_are_of_the_last_30_days(sms: Application) -> None:
    hand_over(sms)
    attempted(200)
    webhook = Webhook.objects.get()
    webhook.days.update(day=(now() - timedelta(days=40)).date())
    assert lines_of(sms).with_url[0].figures is None


def test_messages_lead_here(alice: Client, application: Application) -> None:
    for channel in ("sms", "viber", "whatsapp", "multichannel", "otp"):
        page = text(alice.get(of(application, "message_channel", channel)))
        assert f'<a href="{of(application, "webhooks")}">Webhooks</a>. </p>' in page or (
            f'<a href="{of(application, "webhooks")}">Webhooks</a>.</p>' in page
        )
