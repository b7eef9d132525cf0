"""What members decide about webhooks, besides their URLs (operations/message_settings.py)."""

from django.db import transaction
from django.utils.translation import gettext as _

from applications.errors import InvalidParam, NotFound
from applications.models import Application, Webhook, WebhookOptions
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record_for
from applications.operations.limits import check_change
from applications.operations.locks import lock_application


@transaction.atomic
def switch_on_webhook(*, application: Application, webhook: Webhook, actor: Actor) -> None:
    """Call the URL of a webhook again that was switched off; what failed meanwhile stays failed.

    Writes nothing when it is on. Raises NotFound when it is not of this application.
    """
    application = lock_application(application, actor)
    check_change(actor, application)
    stored = Webhook.objects.select_for_update().filter(pk=webhook.pk, application=application).first()
    if stored is None:
        raise NotFound(_("There is no such webhook."))
    if stored.off_at is None:
        return
    stored.begin_anew(stored.url)
    stored.save()
    record_for(actor, application, Action.WEBHOOK_SWITCHED_ON, {"setting": stored.setting})


@transaction.atomic
def set_webhook_options(*, application: Application, keeps_bodies: bool, actor: Actor) -> WebhookOptions:
    """Choose whether bodies stay in the log once a delivery has ended; those of before stay as they are.

    Writes nothing when nothing differs.
    """
    application = lock_application(application, actor)
    check_change(actor, application)
    if not isinstance(keeps_bodies, bool):
        raise InvalidParam("keeps_bodies", _("Bodies are kept or not."))
    options = WebhookOptions.of(application)
    if options.keeps_bodies == keeps_bodies:
        return options
    changed = {"keeps_bodies": [options.keeps_bodies, keeps_bodies]}
    options.keeps_bodies = keeps_bodies
    options.save()
    record_for(actor, application, Action.WEBHOOKS_CHANGED, changed)
    return options
