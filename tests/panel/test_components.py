"""The tags, filters and components that every page of the panel is drawn with."""

import datetime
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
import time_machine
from django import forms
from django.conf import settings
from django.core.management import call_command
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import get_template, render_to_string
from django.test import override_settings
from django.utils.timezone import now

from applications.templatetags import devices, pictures, values
from config import settings as product

TEMPLATES = settings.BASE_DIR / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*"))
WARSAW = {"account": SimpleNamespace(timezone="Europe/Warsaw")}
NOON = "2026-11-24T13:32:00+00:00"  # 14:32 in Warsaw
APPLICATION_ID = "a06550299dd0942120f921de34e3acbd1b57a743"


class NewThing(forms.Form):
    name = forms.CharField(label="Name", help_text="Any will do.")
    kind = forms.ChoiceField(
        label="Kind", choices=[("a", "First"), ("b", "Second")], widget=forms.RadioSelect
    )
    zone = forms.ChoiceField(label="Zone", choices=[("utc", "UTC")])
    scopes = forms.CharField(error_messages={"required": "Choose at least one scope"})


def draw(source: str, **context: object) -> str:
    return Template("{% load latchkey devices %}" + source).render(Context(context))


def words(tag: str, value: datetime.datetime | None) -> str:
    return re.sub("<[^>]+>", "", draw("{% " + tag + " value %}", value=value, **WARSAW))


def at(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


# --- Every template ------------------------------------------------------------------------------


def fault(name: str) -> str:
    """Why a template does not compile."""
    try:
        get_template(name)
    except TemplateSyntaxError as error:
        return str(error)
    return ""


def test_templates_compile() -> None:
    assert len(NAMES) > 200
    assert {name: found for name in NAMES if (found := fault(name))} == {}


def test_what_a_template_includes_is_there() -> None:
    for name in NAMES:
        source = (TEMPLATES / name).read_text()
        included = re.findall(r'\{% (?:include|extends) "([^"]+)"', source)
        bodies = re.findall(r'\bbody="([^"]+)"', source)
        ours = {
            found for found in (*included, *bodies) if not found.startswith("admin/")
        }  # those are Django's
        assert ours <= set(NAMES), name


def test_every_icon_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (settings.BASE_DIR / "static/icons.svg").read_text()))
    asked = {
        icon
        for name in NAMES
        for icon in re.findall(r'\{% icon "([^"]+)"|\bicon="([^"]+)"', (TEMPLATES / name).read_text())
    }
    assert {first or second for first, second in asked} <= drawn
    assert set(devices.ICONS.values()) <= drawn


# Mails are no pages: they are sent without a policy, and load nothing, so that their styles stand in them.
PAGES = [name for name in NAMES if name.endswith(".html") and not name.startswith("emails/")]


def test_templates_keep_to_the_content_security_policy() -> None:
    for name in PAGES:
        source = (TEMPLATES / name).read_text()
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", source), name
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source)), name


def test_components_say_what_they_take() -> None:
    components = list((TEMPLATES / "components").glob("*.html"))
    assert components
    assert [path.name for path in components if not path.read_text().startswith("{# ")] == []


def test_published_scripts_and_styles_ask_for_published_names(tmp_path: Path) -> None:
    """Only files with a hash in their name are kept, so an import or a url() without one would be lost."""
    with override_settings(STORAGES=product.STORAGES, STATIC_ROOT=tmp_path):
        call_command("collectstatic", interactive=False, verbosity=0)
    sources = [*tmp_path.glob("js/*.js"), *tmp_path.glob("css/*.css")]
    asked = {
        (source.parent / name).resolve()
        for source in sources
        for name in re.findall(r'(?:from |import |import|url\()"([^"]+)"', source.read_text())
    }
    assert len(asked) > 5
    assert all(path.exists() for path in asked)


# --- Pictures and values -------------------------------------------------------------------------


def test_icon_is_one_of_the_sprite_and_hidden_from_screen_readers() -> None:
    assert pictures.icon("plus") == (
        '<svg class="icon" aria-hidden="true"><use href="/static/icons.svg#plus"></use></svg>'
    )
    assert 'class="icon icon-lg"' in pictures.icon("menu", "lg")


def test_pins_stand_at_the_heights_of_the_first_five_bytes() -> None:
    picture = pictures.pins(APPLICATION_ID)  # a0 65 50 29 9d give 4 5 2 5 1
    assert 'd="M4.5 6v11.7M9.5 6v13.9M14.5 6v7.3M19.5 6v13.9M24.5 6v5.1"' in picture
    assert 'd="M4.5 20.9V26M9.5 23.1V26M14.5 16.5V26M19.5 23.1V26M24.5 14.3V26"' in picture
    assert 'aria-hidden="true"' in picture


def test_pins_are_grey_when_disabled() -> None:
    assert 'class="pins"' in pictures.pins(APPLICATION_ID, True)
    assert 'class="pins pins-lg off"' in pictures.pins(APPLICATION_ID, False, "lg")


def test_values_are_written_for_reading() -> None:
    assert values.short_id(APPLICATION_ID) == "a0655029…1b57a743"
    assert values.short_id("short") == "short"
    assert values.half(APPLICATION_ID, 1) + values.half(APPLICATION_ID, 2) == APPLICATION_ID
    assert values.number(1204) == "1,204"
    assert values.lookup({1: "one"}, 1) == "one"
    assert values.lookup({"1": "one"}, 1) == "one"
    assert values.lookup(None, 1) == ""


@pytest.mark.parametrize(
    ("person", "letters"),
    [("Elena Kowalczyk", "EK"), ("elena.kowalczyk@marlowe.example", "EK"), ("ops@marlowe.example", "OP")],
)
def test_initials(person: str, letters: str) -> None:
    assert values.initials(person) == letters


@pytest.mark.parametrize(
    ("user_agent", "name", "icon"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows", "monitor"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows", "monitor"),
        (
            "Mozilla/5.0 (iPhone; CPU like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
            "smartphone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36",
            "Chrome on Android",
            "smartphone",
        ),
        ("curl/8.1", "curl", "monitor"),
        ("", "Unknown device", "monitor"),
    ],
)
def test_devices(user_agent: str, name: str, icon: str) -> None:
    assert devices.device(user_agent) == name
    assert devices.device_icon(user_agent) == icon


# --- Times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-24T13:31:30+00:00", "Just now"),
        ("2026-11-24T13:31:00+00:00", "1 minute ago"),
        ("2026-11-24T13:30:00+00:00", "2 minutes ago"),
        ("2026-11-24T12:20:00+00:00", "1 hour ago"),
        ("2026-11-23T23:05:00+00:00", "14 hours ago"),  # 00:05 of today in Warsaw, yesterday in UTC
        ("2026-11-23T22:55:00+00:00", "Yesterday"),
        ("2026-10-03T12:00:00+00:00", "3 October"),
        ("2025-10-03T12:00:00+00:00", "3 October 2025"),
        ("2025-12-31T23:30:00+00:00", "1 January"),  # of 2026, in Warsaw
        ("2026-11-24T13:32:30+00:00", "in under a minute"),
        ("2026-11-24T13:41:30+00:00", "in 10 minutes"),
        ("2026-11-25T13:31:58+00:00", "in 24 hours"),  # a token of a day, issued two seconds ago
        ("2026-12-01T13:31:58+00:00", "in 7 days"),
        ("2027-11-24T13:32:00+00:00", "24 November 2027"),
    ],
)
@time_machine.travel(NOON, tick=False)
def test_ago(value: str, text: str) -> None:
    assert words("ago", at(value)) == text


@time_machine.travel("2026-11-24T23:10:00+00:00", tick=False)
def test_ago_counts_minutes_across_midnight() -> None:
    assert words("ago", at("2026-11-24T22:50:00+00:00")) == "20 minutes ago"


@pytest.mark.parametrize(
    ("now", "value", "text"),
    [
        (
            "2027-03-27T13:32:00+00:00",
            "2027-03-28T13:32:00+00:00",
            "in 24 hours",
        ),  # the clock goes on by one more
        ("2027-10-30T13:32:00+00:00", "2027-10-31T13:32:00+00:00", "in 24 hours"),  # and here by one less
        ("2027-03-28T02:00:00+00:00", "2027-03-28T00:30:00+00:00", "1 hour ago"),  # from 01:30 to 04:00
        ("2027-10-31T00:40:00+00:00", "2027-10-31T01:09:30+00:00", "in 30 minutes"),  # from 02:40 to 02:09
        ("2027-10-31T01:10:00+00:00", "2027-10-31T00:40:00+00:00", "30 minutes ago"),
    ],
)
def test_ago_counts_what_passes_and_not_what_clocks_show(now: str, value: str, text: str) -> None:
    with time_machine.travel(now, tick=False):
        assert words("ago", at(value)) == text


def test_ago_of_nothing_is_never() -> None:
    assert words("ago", None) == "Never"
    assert draw('{% ago None "Not yet" %}') == "Not yet"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-24T14:32:00+00:00", "15:32"),
        ("2026-11-25T13:32:00+00:00", "tomorrow, 14:32"),
        ("2026-11-23T13:32:00+00:00", "yesterday, 14:32"),
        ("2026-12-01T13:32:00+00:00", "1 December, 14:32"),
        ("2027-01-01T13:32:00+00:00", "1 January 2027, 14:32"),
    ],
)
@time_machine.travel(NOON, tick=False)
def test_moment(value: str, text: str) -> None:
    assert words("moment", at(value)) == text


@pytest.mark.parametrize(
    ("zone", "title"),
    [
        ("Europe/Warsaw", "2026-11-24 14:32:01 CET (UTC+1)"),
        ("Asia/Kolkata", "2026-11-24 19:02:01 IST (UTC+5:30)"),
        ("America/Sao_Paulo", "2026-11-24 10:32:01 UTC-3"),
        ("UTC", "2026-11-24 13:32:01 UTC"),
    ],
)
def test_exact_time_and_zone_stand_on_hover(zone: str, title: str) -> None:
    account = SimpleNamespace(timezone=zone)
    assert f'title="{title}"' in draw(
        "{% ago value %}", value=at("2026-11-24T13:32:01+00:00"), account=account
    )


def test_without_an_account_the_current_zone_is_used() -> None:
    assert '+00:00"' in draw("{% ago value %}", value=now())


# --- Components ----------------------------------------------------------------------------------


def test_field_ties_label_help_and_error() -> None:
    form = NewThing({"kind": "a"})
    page = render_to_string("components/field.html", {"field": form["name"]})
    assert '<label for="id_name">' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'id="id_name_helptext"' in page
    assert 'id="id_name_error"' in page


def test_field_without_help_or_error_points_at_nothing() -> None:
    page = render_to_string("components/field.html", {"field": NewThing()["zone"]})
    assert "aria-describedby" not in page
    assert 'class="select"' in page


def test_choices_are_a_named_group_with_a_line_of_meaning() -> None:
    field = NewThing({"kind": "zzz"})["kind"]
    page = render_to_string("components/choices.html", {"field": field, "meanings": {"a": "The first one."}})
    assert '<fieldset class="field" id="id_kind"' in page
    assert "<small>The first one.</small>" in page
    assert 'for="id_kind_0"' in page
    assert "data-invalid" in page


def test_error_summary_links_each_error_to_its_field() -> None:
    context = {"form": NewThing({"kind": "a", "zone": "utc"}), "title": "This was not created"}
    page = render_to_string("components/error_summary.html", context)
    assert 'role="alert"' in page
    assert '<a href="#id_name">Name: This field is required.</a>' in page
    assert '<a href="#id_scopes">Choose at least one scope</a>' in page


def test_error_summary_draws_nothing_without_errors() -> None:
    assert not render_to_string("components/error_summary.html", {"form": NewThing(), "title": "-"}).strip()


def test_value_shown_once_is_whole_and_can_be_copied() -> None:
    context = {"id": "secret", "label": "Application secret", "copy": "Copy application secret"}
    page = render_to_string("components/once.html", {**context, "value": APPLICATION_ID, "secret": True})
    assert f"{APPLICATION_ID[:20]}<wbr>{APPLICATION_ID[20:]}" in page
    assert 'data-copy-from="secret"' in page
    assert "data-once" in page


def test_dialog_gives_cancel_the_focus_unless_something_is_typed() -> None:
    question = {"id": "ask", "title": "Delete Orders?", "action": "/delete/", "button": "Delete application"}
    assert "data-close autofocus>" in render_to_string("components/dialog.html", question)
    typed = question | {"body": "components/must_equal.html", "name": "Orders", "field": NewThing()["name"]}
    page = render_to_string("components/dialog.html", typed)
    assert "data-close>" in page
    assert 'data-must-equal="Orders"' in page


@pytest.mark.parametrize(("level", "css"), [("success", "ok"), ("warning", "warn"), ("error", "bad")])
def test_flash_messages_are_announced(level: str, css: str) -> None:
    message = SimpleNamespace(level_tag=level)
    page = render_to_string("components/messages.html", {"messages": [message]})
    assert 'role="status"' in page
    assert f'class="notice {css}"' in page


@pytest.mark.parametrize(("theme", "attribute"), [("dark", ' data-theme="dark"'), ("", "")])
def test_theme_is_written_by_the_server(theme: str, attribute: str) -> None:
    assert f'<html lang="en"{attribute}>' in render_to_string("base.html", {"theme": theme})


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "429", "500", "503"])
def test_error_page_needs_nothing_of_a_request(name: str) -> None:
    page = render_to_string(f"{name}.html")
    assert re.search("<h1>[^<]+</h1>", page)
    assert 'href="/"' in page
