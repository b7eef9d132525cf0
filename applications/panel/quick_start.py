"""Asking for a token and using it, in the languages people use, with an application's ID filled in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from applications.models import Application

# Value (of the switch, and name of the file under templates/panel/quick_start/), what people call it
LANGUAGES = [
    ("curl", "curl"),
    ("python", "Python"),
    ("node", "Node.js"),
    ("php", "PHP"),
    ("go", "Go"),
    ("csharp", "C#"),
]
# What of this server's own API a token can be used for at once: scope, and the address to GET.
CALLS = {"account": "api:account", "applications": "api:scopes"}
API_KEY_VARIABLE = "LATCHKEY_API_KEY"
MARKED = re.compile(r"""(^[ \t]*(?:\#|//).*$|"[^"\n]*"|'[^'\n]*'|`[^`\n]*`)""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Snippet:
    """A program in one language; it reads the secret from the environment variable LATCHKEY_SECRET."""

    language: str
    name: str
    text: str

    @property
    def marked(self) -> SafeString:
        """The same as HTML, with strings and comments marked for their colours."""
        pieces = MARKED.split(self.text)  # every second one is a string or a comment
        html = (_mark(piece) if place % 2 else escape(piece) for place, piece in enumerate(pieces))
        return mark_safe("".join(html))


@dataclass(frozen=True, slots=True)
class QuickStart:
    """What panel/applications/_quick_start.html draws."""

    languages: list[tuple[str, str]]
    snippets: list[Snippet]


@dataclass(frozen=True, slots=True)
class EnvFile:
    """A file of settings for a program, as an address that a link can download."""

    name: str
    url: str


def quick_start(application: Application) -> QuickStart:
    """Return the program that asks for a token of this application and uses it, in each language.

    Each runs as the file it is saved as, stops with the server's words when it is refused, keeps its token until
    shortly before it expires and then asks for another.
    """
    return QuickStart(LANGUAGES, [_snippet(application, *language) for language in LANGUAGES])


def token_url() -> str:
    """Where clients ask for tokens: the configured address, whatever the Host header says."""
    return f"{settings.PUBLIC_URL}{reverse('oauth:token')}"


def call_url(scopes: Sequence[str]) -> str:
    """Return an address that a token with these scopes may GET, so that an example of any application works.

    Most scopes are for the platform's API, whose address is not known here. Then it is the question that the
    gateway before that API asks: whether the token is good for the first of the scopes (empty answer: it is).
    """
    for scope, view in CALLS.items():
        if scope in scopes:
            return f"{settings.PUBLIC_URL}{reverse(view)}"
    query = urlencode({"scope": scopes[0]}) if scopes else ""
    return f"{settings.PUBLIC_URL}{reverse('oauth:verify')}?{query}"


def api_key_call() -> Snippet:
    """Return a call of the API with an API key; it reads the key from the environment variable LATCHKEY_API_KEY."""
    url = f"{settings.PUBLIC_URL}{reverse('api:account')}"
    return Snippet("curl", "curl", f'curl {url} \\\n  --header "X-API-KEY: ${API_KEY_VARIABLE}"')


def env_file(application: Application, secret: str) -> EnvFile:
    """Return the .env file of an application, with its secret: for the page that shows the secret once.

    As a data: address, so that the server need not keep the secret, or be sent it, to offer the file; script
    makes another of it before anybody presses the link (js/downloads.js).
    """
    lines = [
        f"LATCHKEY_TOKEN_URL={token_url()}",
        f"LATCHKEY_ID={application.application_id}",
        f"LATCHKEY_SECRET={secret}",
    ]
    text = "".join(f"{line}\n" for line in lines)
    name = f"{slugify(application.name) or 'latchkey'}.env"
    return EnvFile(name, f"data:text/plain;charset=utf-8,{quote(text)}")


def _snippet(application: Application, language: str, name: str) -> Snippet:
    # Plain text, not HTML: nothing is escaped on the way in, `marked` escapes it on the way out.
    values = {
        "token_url": mark_safe(token_url()),
        "call_url": mark_safe(call_url(application.scope_names)),
        "application_id": application.application_id,
    }
    text = render_to_string(f"panel/quick_start/{language}.txt", values)
    return Snippet(language, name, text.strip())


def _mark(piece: str) -> SafeString:
    return format_html('<span class="{}">{}</span>', "c" if piece.lstrip()[0] in "#/" else "s", piece)
