"""One delivery with its attempts, and sending again: that one, or all that failed since a time."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from applications.errors import Conflict, InvalidParam
from applications.forms.deliveries import RedeliverForm
from applications.models import Delivery
from applications.operations.redelivery import failed_since, redeliver, start_redelivery
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.deliveries import Tried, answer_of, kept_until, request_of, size_of, tried_of
from applications.panel.navigation import page
from applications.panel.questions import confirmation_page, of_application

CURRENT = "panel:webhooks"
REFUSED = 422


@require_safe
@member()
def delivery(request: PanelRequest, delivery: str) -> HttpResponse:
    """Show what was sent, what came back, and each attempt; ?attempt=NUMBER shows another one than the latest."""
    found = _found(request, delivery)
    tried = tried_of(found)
    shown = _shown(tried, request.GET.get("attempt", ""))
    context = {
        "delivery": found,
        "tried": tried,
        "shown": shown,
        "request_text": request_of(found, shown.attempt if shown else None),
        "size": size_of(found),
        "answer_text": answer_of(shown.attempt) if shown else "",
        "kept_until": kept_until(found),
    }
    return page(request, "panel/webhooks/delivery.html", context, current=CURRENT)


@require_POST
@member(changes=True)
def redeliver_one(request: PanelRequest, delivery: str) -> HttpResponse:
    """Send one again, now."""
    found = _found(request, delivery)
    try:
        redeliver(application=request.application, delivery=found, actor=actor_of(request))
    except Conflict as error:
        messages.warning(request, error.message)
    else:
        messages.success(
            request, _("It is sent again now. Reload the page in a moment to see what came back.")
        )
    keys = [request.account.pk, request.application.application_id, found.key]
    return redirect(reverse("panel:delivery", args=keys))


@require_http_methods(["GET", "HEAD", "POST"])
@member(changes=True)
def redeliver_failed(request: PanelRequest) -> HttpResponse:
    """Send all again that failed since a time; GET with that time asks, and says how many they are."""
    form = RedeliverForm(request.POST if request.method == "POST" else request.GET or None)
    if not form.is_valid():
        status = REFUSED if form.is_bound else 200
        return confirmation_page(request, "redeliver_since", {"form": form}, current=CURRENT, status=status)
    if request.method != "POST":
        failed = failed_since(request.application, form.since)
        context = {"form": form, "failed": failed, "since": form.since}
        return confirmation_page(request, "redeliver_failed", context, current=CURRENT)
    return _order(request, form)


def _order(request: PanelRequest, form: RedeliverForm) -> HttpResponse:
    try:
        order = start_redelivery(application=request.application, since=form.since, actor=actor_of(request))
    except (Conflict, InvalidParam) as error:
        messages.warning(request, error.message)
    else:
        words = ngettext(
            "The failed delivery is sent again. How far it is stands above the list; you may leave this page.",
            "%(figure)s failed deliveries are sent again. How far that is stands above the list; you may leave"
            " this page.",
            order.total,
        )
        messages.success(request, words % {"figure": number_format(order.total, force_grouping=True)})
    return redirect(f"{of_application(request, CURRENT)}#deliveries")


def _found(request: PanelRequest, key: str) -> Delivery:
    if key.isascii() and key.isprintable():
        found = Delivery.objects.of(request.application.pk).filter(key=key).first()
        if found is not None:
            return found
    raise Http404


def _shown(tried: list[Tried], wanted: str) -> Tried | None:
    chosen = [each for each in tried if str(each.attempt.number) == wanted] or tried
    return chosen[-1] if chosen else None
