"""The Webhooks tab, and test events."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from applications.errors import Conflict, LimitReached
from applications.forms.callbacks import CALLBACK_FORMS
from applications.forms.deliveries import DeliveryFilters, RedeliverForm
from applications.forms.webhooks import TestEventForm
from applications.models import Application
from applications.operations.webhook_tests import send_test_event
from applications.panel.access import PanelRequest, actor_of, member
from applications.panel.deliveries import deliveries_of, order_of
from applications.panel.navigation import page
from applications.panel.questions import of_application
from applications.panel.webhook_secrets import signing_of
from applications.panel.webhook_tests import tested_of
from applications.panel.webhook_verification import verification_code
from applications.panel.webhooks import TRIED_FOR, lines_of
from applications.rules.webhook_events import Route, events_of

CURRENT = "panel:webhooks"


@require_safe
@member()
def webhooks(request: PanelRequest) -> HttpResponse:
    """Show the URLs and how they fare, the deliveries, and how to check a signature."""
    application = Application.objects.with_webhook_settings().get(pk=request.application.pk)
    tested = tested_of(application, key) if (key := request.GET.get("tested", "")) else None
    context = {
        "lines": lines_of(application, tested),
        "tried_for": TRIED_FOR,
        "order": order_of(application),
        "redeliver_form": RedeliverForm(),
        "code": verification_code(),
        **signing_of(application),
        **deliveries_of(application, DeliveryFilters.read(request.GET)),
    }
    return page(request, "panel/webhooks/page.html", context, current=CURRENT)


@require_POST
@member(changes=True)
def test(request: PanelRequest, setting: str) -> HttpResponse:
    """Send a sample to the URL and show under its line what came back."""
    if setting not in CALLBACK_FORMS:
        raise Http404
    form, here = TestEventForm(request.POST), of_application(request, CURRENT)
    if not form.is_valid() or form.cleaned_data["event"] not in events_of(setting):
        raise BadRequest("This event does not go to this URL.")
    try:
        delivery, _came = send_test_event(
            application=request.application,
            route=Route(form.cleaned_data["event"], setting.partition("_")[0]),
            actor=actor_of(request),
            forged=form.cleaned_data["forged"],
        )
    except (Conflict, LimitReached) as error:
        messages.warning(request, error.message)
        return redirect(f"{here}#{setting}")
    return redirect(f"{here}?{urlencode({'tested': delivery.key})}#{setting}")
