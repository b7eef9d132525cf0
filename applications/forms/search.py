"""What is typed into the quick search."""

import re
from dataclasses import dataclass
from typing import Self

from django import forms
from django.http import QueryDict

from applications.forms.activity import REQUEST_ID

LONGEST = 100  # characters
SHORTENED = re.compile(r"([0-9a-f]{4,})(?:…|\.{2,3})([0-9a-f]{4,})")


class SearchForm(forms.Form):
    """The query of the address."""

    q = forms.CharField(required=False)


@dataclass(frozen=True, slots=True)
class SearchWords:
    """What is looked for, without the white space around it; "" when nothing was typed."""

    text: str

    @classmethod
    def read(cls, query: QueryDict) -> Self:
        """Take what the query says. More than LONGEST characters are cut off: no name has more."""
        form = SearchForm(query)
        form.full_clean()
        return cls(" ".join(form.cleaned_data.get("q", "")[:LONGEST].split()))

    @property
    def request_id(self) -> str:
        """The ID of a request in it, also of a whole line: "X-Request-Id: 7c1e…"; "" when there is none."""
        found = REQUEST_ID.search(self.text.lower())
        return found[0] if found else ""

    @property
    def shortened_id(self) -> tuple[str, str] | None:
        """The beginning and the end of an application ID as pages write it: f13459a8…696524ae."""
        found = SHORTENED.fullmatch(self.text.lower())
        return (found[1], found[2]) if found else None
