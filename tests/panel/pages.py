"""Reading a page that Django's test client brought."""

import re
from html import unescape
from typing import Protocol


class Answer(Protocol):
    """What the test client returns, as far as it is read here."""

    @property
    def content(self) -> bytes: ...


def text(answer: Answer) -> str:
    """The page as it came (markup too), with white space, names and entities as a person sees them."""
    return " ".join(unescape(re.sub("</?bdi>", "", answer.content.decode())).split())
