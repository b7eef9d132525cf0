"""Mails: drawn up in the transaction of what they tell, and sent when it is stored, after the answer.

Each is text and HTML of templates/emails/. Its encoding breaks no line: a link is whole in the raw mail too.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from email.message import EmailMessage
from smtplib import SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import transaction
from django.tasks import task
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

LONGEST_LINE = 900  # characters; mail servers may cut lines at 998 (RFC 5322 section 2.1.1)


class Mail(EmailMultiAlternatives):
    """A mail whose texts are sent as they are where that is ASCII, else in base64; never as quoted-printable."""

    def message(self, **options: Any) -> EmailMessage:
        """Return the message with its texts encoded anew."""
        message: EmailMessage = super().message(**options)
        for part in message.walk():
            if part.get_content_maintype() == "text":
                text, subtype = part.get_content(), part.get_content_subtype()
                part.set_content(text, subtype=subtype, charset="utf-8", cte=_encoding(text))
        return message


def _encoding(text: str) -> str:
    is_plain = text.isascii() and all(len(line) <= LONGEST_LINE for line in text.splitlines())
    return "7bit" if is_plain else "base64"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A mail that is ready to be sent to several people, each of whom gets their own."""

    subject: str
    body: str
    html: str


def send_each(drawn: Drawn, addresses: Collection[str]) -> None:
    """Send a mail to each address, over one connection. An address that the server refuses keeps it from no other."""
    if not addresses:
        return
    with mailers.default as connection:
        for address in addresses:
            mail = Mail(drawn.subject, drawn.body, settings.DEFAULT_FROM_EMAIL, [address])
            mail.attach_alternative(drawn.html, "text/html")
            try:
                connection.send_messages([mail])
            except SMTPRecipientsRefused:
                logger.exception("the mail server refused an address")


@task()
def send(*, subject: str, body: str, sender: str, to: list[str], html: str = "") -> None:
    """Send a mail that was drawn up while its request was answered; without `html` it is text alone."""
    mail = Mail(subject, body, sender, to)
    if html:
        mail.attach_alternative(html, "text/html")
    mail.send()


def send_on_commit(template: str, to: str, context: dict[str, Any]) -> None:
    """Let the mail emails/<template> go to an address once the transaction is stored."""
    context = {"public_url": settings.PUBLIC_URL, **context}
    drawn = {
        "subject": " ".join(render_to_string(f"emails/{template}_subject.txt", context).split()),
        "body": render_to_string(f"emails/{template}.txt", context),
        "html": render_to_string(f"emails/{template}.html", context),
        "sender": settings.DEFAULT_FROM_EMAIL,
        "to": [to],
    }
    transaction.on_commit(lambda: send.enqueue(**drawn))
