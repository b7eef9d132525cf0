"""Reading a page that Django's test client brought."""

from html import unescape
from typing import Protocol


class Answer(Protocol):
    """What the test client returns, as far as it is read here."""

    @property
    def content(self) -> bytes: ...


def text(answer: Answer) -> str:
    """The page as it came (markup too), with white space and entities as a person sees them."""
    return " ".join(unescape(answer.content.decode()).split())
