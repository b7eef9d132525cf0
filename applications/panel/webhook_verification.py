"""Receivers of webhooks that check signatures, in the languages people use: what the Webhooks tab offers to copy.

Each is a whole program of the standard library alone, which a new user can start beside a development server. It reads
the signing secret from the environment variable WEBHOOK_SECRET and listens on port 9000 of this machine. To what is
genuine it answers 204, to the rest 401.
"""

from django.template.loader import render_to_string

from applications.panel.quick_start import LANGUAGES, Snippet

PORT = 9000


def verification_code() -> list[Snippet]:
    """Return the receivers, in the order of the quick start; curl receives nothing."""
    return [
        Snippet(language, name, render_to_string(f"panel/webhook_verification/{language}.txt").strip())
        for language, name in LANGUAGES
        if language != "curl"
    ]
