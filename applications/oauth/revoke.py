"""POST /oauth/revoke: a client gives up a token of its own (RFC 7009)."""

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.authentication.address import client_address
from applications.descriptions.parts import TOKEN, json_of
from applications.descriptions.registry import describe
from applications.descriptions.schemas import text
from applications.errors import NotFound
from applications.models import AccessToken
from applications.models.audit import ActorKind
from applications.models.statements.tokens import FoundToken
from applications.oauth.clients import INVALID_CLIENT, client_and_token
from applications.oauth.descriptions import form, response
from applications.oauth.errors import OAuthError, answer
from applications.oauth.parameters import read_parameters
from applications.operations.actors import Actor
from applications.operations.tokens import revoke_token


def revoke(request: HttpRequest) -> HttpResponse:
    """Revoke a token of the calling application; it is dead everywhere before this is answered.

    A token that is unknown, dead already or another application's gets the same answer (RFC 7009
    section 2.2), and nothing happens to it.
    """
    result = client_and_token(request, read_parameters(request))
    if result.application_pk is None:
        # A resource server has no tokens to give up, and is not told that it was recognised.
        raise OAuthError("invalid_client", INVALID_CLIENT)
    if result.found is not None and result.found.application_pk == result.application_pk:
        _revoke(request, result.found)
    return answer({})


def _revoke(request: HttpRequest, found: FoundToken) -> None:
    actor = Actor(
        ActorKind.APPLICATION,
        found.application_id,
        str(client_address(request)),
        request.request_id,  # type: ignore[attr-defined]  # config/request_ids.py
    )
    with suppress(
        NotFound, AccessToken.DoesNotExist
    ):  # dead or swept away by now, which is what was asked for
        token = AccessToken.objects.select_related("application").get(pk=found.pk)
        revoke_token(token=token, actor=actor)


describe(
    revoke,
    post=form(
        "revokeToken",
        _("Give up a token"),
        _(
            "A token of the calling application dies (RFC 7009). One that is unknown or another's gets the same answer."
        ),
        {"token": text(_("The token to revoke.")), "token_type_hint": text(_("Not needed, and not heeded."))},
        ["token"],
        response(_("It does not work any more."), json_of({"type": "object"}, {})),
        {"token": TOKEN},
    ),
)
