"""The quick search: a page that works without script, and its results alone, for the dialog of every page."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from applications.forms.search import SearchWords
from applications.panel.access import PanelRequest, member
from applications.panel.navigation import page
from applications.panel.search import search


@require_safe
@member()
def search_page(request: PanelRequest) -> HttpResponse:
    """Show what `?q=` finds in the account."""
    return page(request, "panel/search/page.html", _found(request), current="panel:search")


@require_safe
@member()
def search_results(request: PanelRequest) -> HttpResponse:
    """Send the same results, as the options of a list box."""
    return render(request, "panel/search/options.html", _found(request))


def _found(request: PanelRequest) -> dict[str, Any]:
    words = SearchWords.read(request.GET)
    groups = search(request, words)
    return {"words": words.text, "groups": groups, "number": sum(len(group.results) for group in groups)}
