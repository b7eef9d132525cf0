"""What each action of the audit log is in words: one whole sentence."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from applications.models.audit import Action

# {who} is the person or program that did it, {what} the name of what it was done to.
SENTENCES: Mapping[str, str | Promise] = {
    Action.ACCOUNT_CREATED: _("{who} created the account {what}"),
    Action.ACCOUNT_CHANGED: _("{who} changed the settings of the account {what}"),
    Action.INVITATION_CREATED: _("{who} invited {what}"),
    Action.INVITATION_SENT: _("{who} sent the invitation of {what} again"),
    Action.INVITATION_WITHDRAWN: _("{who} withdrew the invitation of {what}"),
    Action.MEMBER_ADDED: _("{who} made {what} a member"),
    Action.MEMBER_CHANGED: _("{who} changed the role of {what}"),
    Action.MEMBER_JOINED: _("{who} joined the account"),
    Action.MEMBER_LEFT: _("{who} left the account"),
    Action.MEMBER_REMOVED: _("{who} removed the member {what}"),
    Action.SIGNED_IN: _("{who} signed in"),
    Action.SIGN_IN_FAILED: _("Somebody failed to sign in as {who}"),
    Action.SIGNED_OUT: _("{who} signed out"),
    Action.SESSION_ENDED: _("{who} ended other sessions of their own"),
    Action.PERSON_RENAMED: _("{who} changed their own name"),
    Action.EMAIL_CHANGE_ASKED: _("{who} asked for a change of their email"),
    Action.EMAIL_CHANGE_CONFIRMED: _("{who} confirmed a change of their email from one of the two addresses"),
    Action.EMAIL_CHANGE_ENDED: _("The change of the email of {who} was withdrawn"),
    Action.EMAIL_CHANGED: _("{who} changed their email"),
    Action.PASSWORD_CHANGED: _("{who} changed their password"),
    Action.PASSWORD_RESET: _("{who} set a new password by the mailed link"),
    Action.SECOND_FACTOR_ADDED: _("{who} set up an authenticator app"),
    Action.SECOND_FACTOR_REMOVED: _("{who} removed their authenticator app"),
    Action.SECOND_FACTOR_USED: _("{who} gave a code of their authenticator app"),
    Action.PASSKEY_ADDED: _("{who} added a passkey"),
    Action.PASSKEY_REMOVED: _("{who} removed a passkey"),
    Action.PASSKEY_USED: _("{who} used a passkey"),
    Action.RECOVERY_CODES_MADE: _("{who} made new recovery codes"),
    Action.RECOVERY_CODES_REMOVED: _("{who} removed their recovery codes"),
    Action.RECOVERY_CODE_USED: _("{who} used a recovery code"),
    Action.ALLOWED_IPS_CHANGED: _("{who} changed the allowed IPs of {what}"),
    Action.API_KEY_CREATED: _("{who} created the API key {what}"),
    Action.API_KEY_REVOKED: _("{who} revoked the API key {what}"),
    Action.APPLICATION_CREATED: _("{who} created the application {what}"),
    Action.APPLICATION_CHANGED: _("{who} changed the settings of {what}"),
    Action.APPLICATION_ENABLED: _("{who} enabled {what}"),
    Action.APPLICATION_DISABLED: _("{who} disabled {what}"),
    Action.APPLICATION_DELETED: _("{who} deleted the application {what}"),
    Action.MAILS_CHANGED: _("{who} chose which mails they get"),
    Action.CREDENTIAL_FOUND: _("{who} reported a credential of {what} as found"),
    Action.FOUND_DISMISSED: _("{who} dismissed a found credential of {what}"),
    Action.MESSAGES_CHANGED: _("{who} changed the message settings of {what}"),
    Action.DELIVERY_REDELIVERED: _("{who} sent a delivery of {what} again"),
    Action.DELIVERIES_REDELIVERED: _("{who} sent the failed deliveries of {what} again"),
    Action.WEBHOOK_SWITCHED_OFF: _("{who} switched a webhook of {what} off"),
    Action.WEBHOOK_SWITCHED_ON: _("{who} switched a webhook of {what} on again"),
    Action.WEBHOOK_TESTED: _("{who} sent a test event of {what}"),
    Action.WEBHOOKS_CHANGED: _("{who} changed the webhook settings of {what}"),
    Action.RESOURCE_SERVER_CREATED: _("{who} created the resource server {what}"),
    Action.RESOURCE_SERVER_RESET: _("{who} reset the secret of the resource server {what}"),
    Action.RESOURCE_SERVER_REMOVED: _("{who} removed the resource server {what}"),
    Action.FINDING_KEPT: _("{who} decided to keep a finding about {what} for a year"),
    Action.FINDING_REOPENED: _("{who} took back the decision about a finding of {what}"),
    Action.SECRET_RESET: _("{who} reset the secret of {what}"),
    Action.SECRET_RETIRED: _("{who} stopped the old secret of {what}"),
    Action.TOKEN_REVOKED: _("{who} revoked a token of {what}"),
    Action.TOKENS_REVOKED: _("{who} revoked all tokens of {what}"),
    Action.REVOKED_BEFORE: _("{who} ended all credentials of before a moment, in every account"),
    Action.SCOPE_ADDED: _("{who} added the scope {what}"),
    Action.WEBHOOK_SECRET_ROLLED: _("{who} made a new signing secret for webhooks of {what}"),
    Action.WEBHOOKS_SIGNED: _("{who} switched the signing of webhooks of {what} on"),
    Action.WEBHOOKS_UNSIGNED: _("{who} switched the signing of webhooks of {what} off"),
    Action.SCOPE_RETIRED: _("{who} retired the scope {what}, which this application held"),
}


def sentence(action: str) -> str:
    """Return the sentence of an action, with places for {who} and {what}."""
    return str(SENTENCES.get(action, "{who}: " + action.replace("{", "").replace("}", "")))
