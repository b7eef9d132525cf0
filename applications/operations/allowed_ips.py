"""Changing the allowed IPs of an account or of one of its applications."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models, transaction
from django.utils.translation import gettext as _

from applications.errors import InvalidParam, NotFound
from applications.models import Account, AllowedIP, Application, Scope
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.audit import record, record_for
from applications.operations.limits import check_change, check_list, check_scopes
from applications.operations.locks import lock_account, lock_application
from applications.rules.names import Note
from applications.rules.networks import NetworkText, make_allowlist, make_list, shown

MAX_LINES = 200  # lines of one list
NO_NOTE = Note("")
BATCH = 500  # applications a statement


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be added: a network, and what it is."""

    network: NetworkText
    note: Note = NO_NOTE


@transaction.atomic
def change_allowed_ips(
    *,
    account: Account,
    application: Application | None = None,
    add: Iterable[Line] = (),
    remove: Iterable[NetworkText] = (),
    actor: Actor,
) -> None:
    """Remove networks from the list of `application`, or of the account where that is None, and add others.

    Holds from the very next request on, in every process. Raises InvalidParam for what is not a network, is on the
    list already or is one line too many, NotFound for what is not on the list, and AccessDenied when the actor's
    credential would get out of a list that it is held by itself; then nothing is changed.
    """
    account, application = _locked(account, application, actor)
    listed = AllowedIP.objects.filter(account=account, application=application)
    removed = [NetworkText(network) for network in remove]
    added = _new_lines(add)
    stored = list(listed.values_list("network", flat=True))
    after = [network for network in stored if network not in removed]
    _check(actor, account, application, stored, [*after, *added])
    _take_out(listed, removed)
    _put_in(listed, added, account, application, actor)
    _finish(account, application, list(added), removed, actor)


def _locked(
    account: Account, application: Application | None, actor: Actor
) -> tuple[Account, Application | None]:
    if application is not None:
        application = lock_application(application, actor)
        return application.account, application
    return lock_account(account.pk, actor), None


def _check(
    actor: Actor, account: Account, application: Application | None, before: list[str], after: list[str]
) -> None:
    """Behind the account's list are all of its applications and API keys, so changing that takes every scope."""
    if application is not None:
        check_change(actor, application)
    else:
        check_scopes(actor, Scope.objects.available().values_list("name", flat=True))
    check_list(actor, application, before, after)


def _new_lines(lines: Iterable[Line]) -> dict[NetworkText, Note]:
    """Networks with their notes; of two lines for one network the first counts."""
    new: dict[NetworkText, Note] = {}
    for line in lines:
        new.setdefault(NetworkText(line.network), Note(line.note))
    return new


def _take_out(listed: models.QuerySet[AllowedIP], networks: list[NetworkText]) -> None:
    for network in networks:
        if not listed.filter(network=network).delete()[0]:
            raise NotFound(_("{network} is not on the list.").format(network=shown(network)))


def _put_in(
    listed: models.QuerySet[AllowedIP],
    notes: dict[NetworkText, Note],
    account: Account,
    application: Application | None,
    actor: Actor,
) -> None:
    stored = set(listed.values_list("network", flat=True))
    if twice := [network for network in notes if network in stored]:
        already = _("{network} is on the list already.").format(network=shown(twice[0]))
        raise InvalidParam("network", already)
    if len(stored) + len(notes) > MAX_LINES:
        raise InvalidParam("network", _("A list has at most {number} lines.").format(number=MAX_LINES))
    AllowedIP.objects.bulk_create(
        AllowedIP(account=account, application=application, network=network, note=note, created_by=actor.name)
        for network, note in notes.items()
    )


def _finish(
    account: Account,
    application: Application | None,
    added: list[NetworkText],
    removed: list[NetworkText],
    actor: Actor,
) -> None:
    """Repeat the list where the frequent statements read it, and write the audit row."""
    details = {"added": added, "removed": removed}
    if application is not None:
        store_allowlists(account, [application.pk])
        record_for(actor, application, Action.ALLOWED_IPS_CHANGED, details)
    else:
        store_allowlists(account)
        record(actor, account, Action.ALLOWED_IPS_CHANGED, target=account.name, details=details)


def store_allowlists(account: Account, only: list[int] | None = None) -> None:
    """Write the allowlists of the account's applications, or of those with these keys, and the account's own.

    Part of an operation that holds the account's lock: so no list of the account changes meanwhile, and no
    application is created with the allowlist of before.
    """
    common, own = _lists(account)
    if only is None:
        account.allowlist = make_list(common)
        account.save(update_fields=["allowlist"])
        without = account.applications.exclude(allowed_ips__isnull=False)
        without.update(allowlist=make_allowlist(common, []))
        only = list(own)
    restricted = [Application(pk=pk, allowlist=make_allowlist(common, own.get(pk, []))) for pk in only]
    Application.objects.bulk_update(restricted, ["allowlist"], batch_size=BATCH)


def _lists(account: Account) -> tuple[list[str], dict[int, list[str]]]:
    common: list[str] = []
    own: dict[int, list[str]] = {}
    for line in account.allowed_ips.only("application_id", "network"):
        place = common if line.application_id is None else own.setdefault(line.application_id, [])
        place.append(line.network)
    return common, own
