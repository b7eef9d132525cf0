"""A page needs no font but the two for Latin letters, unless it has a text with other letters."""

import re
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.cast import Cast
from tests.panel.addresses import of

STATIC = settings.BASE_DIR / "static"
BASIC = {"inter-latin-wght-normal", "geist-mono-latin-wght-normal"}
OF_ACCOUNT = ["applications", "application_new", "allowed_ips", "api_keys", "api_key_new"]
OF_APPLICATION = ["overview", "settings", "tokens", "application_allowed_ips", "danger"]


@dataclass(frozen=True)
class Face:
    """A font file and the characters that a browser loads it for."""

    file: str
    ranges: list[tuple[int, int]]

    def has(self, character: str) -> bool:
        return any(first <= ord(character) <= last for first, last in self.ranges)


def faces() -> list[Face]:
    css = (STATIC / "css/fonts.css").read_text()
    found = re.findall(r"fonts/([\w-]+)\.woff2.*?unicode-range:([^;]*);", css, re.DOTALL)
    return [Face(file, [_range(one) for one in text.split(",")]) for file, text in found]


def _range(text: str) -> tuple[int, int]:
    first, _dash, last = text.strip().removeprefix("U+").partition("-")
    return int(first, 16), int(last or first, 16)


def needed(html: str) -> set[str]:
    """The fonts that are loaded for a page, as far as its characters tell; others have none of these."""
    others = [face for face in faces() if face.file not in BASIC]
    basic = [face for face in faces() if face.file in BASIC]
    characters = {one for one in html if not any(face.has(one) for face in basic)}
    return {face.file for face in others for one in characters if face.has(one)}


def test_every_font_is_there_and_none_besides() -> None:
    assert len(faces()) > 5
    assert {face.file for face in faces()} == {path.stem for path in STATIC.glob("fonts/*.woff2")}


@pytest.mark.parametrize("name", [*OF_ACCOUNT, *OF_APPLICATION])
def test_pages_with_latin_names_need_no_other_font(alice: Client, cast: Cast, name: str) -> None:
    address = (
        of(cast.application, name)
        if name in OF_APPLICATION
        else reverse(f"panel:{name}", args=[cast.account.pk])
    )
    assert needed(alice.get(address).content.decode()) == set()


def test_signing_in_needs_no_other_font() -> None:
    assert needed(Client().get(reverse("account_login")).content.decode()) == set()


def test_a_sample_with_letters_of_central_europe_needs_a_small_font(alice: Client, cast: Cast) -> None:
    fonts = needed(alice.get(of(cast.application, "messages")).content.decode())
    assert fonts == {"inter-latin-ext-a-wght-normal", "geist-mono-latin-ext-wght-normal"}
    assert all((STATIC / f"fonts/{font}.woff2").stat().st_size < 24_000 for font in fonts)
