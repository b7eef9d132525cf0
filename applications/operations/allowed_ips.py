"""Changing the allowed IPs of an account or of one of its applications."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models, transaction
from django.utils.translation import gettext as _

from applications.errors import InvalidParam, NotFound
from applications.models import Account, AllowedIP, Application, Scope
from applications.models.audit import Action
from applications.operations.actors import Actor
from applications.operations.applications import locked
from applications.operations.audit import record, record_for
from applications.operations.limits import check_account, check_change, check_list, check_scopes
from applications.rules.networks import make_fence, make_list, parse_network, shown

MOST = 200  # lines of one list
BATCH = 500  # applications a statement


@dataclass(frozen=True, slots=True)
class Line:
    """A line to be added: an address or network, as its writer wrote it, and what it is."""

    network: str
    note: str = ""


@transaction.atomic
def change_allowed_ips(
    *,
    account: Account,
    application: Application | None = None,
    add: Iterable[Line] = (),
    remove: Iterable[str] = (),
    actor: Actor,
) -> None:
    """Remove networks from the list of `application`, or of the account where that is None, and add others.

    Holds from the very next request on, in every process. Raises InvalidParam for what is not a network, is on the
    list already or is one line too many, NotFound for what is not on the list, and AccessDenied when the actor's
    credential would get out of a list that it is held by itself; then nothing is changed.
    """
    account, application = _locked(account, application)
    listed = AllowedIP.objects.filter(account=account, application=application)
    removed = [str(parse_network(network)) for network in remove]
    added = _new_lines(add)
    stored = list(listed.values_list("network", flat=True))
    after = [network for network in stored if network not in removed]
    _check(actor, account, application, stored, [*after, *added])
    _take_out(listed, removed)
    _put_in(listed, added, account, application, actor)
    _finish(account, application, list(added), removed, actor)


@transaction.atomic
def set_allowed_ips(
    *,
    account: Account,
    application: Application | None = None,
    lines: Iterable[Line],
    actor: Actor,
) -> None:
    """Let the list be these lines; those on it already stay as they are, but for their note.

    Raises InvalidParam as `change_allowed_ips` does. Writes nothing when nothing differs.
    """
    account, application = _locked(account, application)
    listed = AllowedIP.objects.filter(account=account, application=application)
    wanted, stored = _new_lines(lines), dict(listed.values_list("network", "note"))
    added = {network: note for network, note in wanted.items() if network not in stored}
    removed = [network for network in stored if network not in wanted]
    _check(actor, account, application, list(stored), list(wanted))
    noted = {network: note for network, note in wanted.items() if stored.get(network, note) != note}
    for network, note in noted.items():
        listed.filter(network=network).update(note=note)
    _take_out(listed, removed)
    _put_in(listed, added, account, application, actor)
    if added or removed or noted:
        _finish(account, application, list(added), removed, actor, noted=list(noted))


def _locked(account: Account, application: Application | None) -> tuple[Account, Application | None]:
    if application is not None:
        application = locked(application)  # the account's row comes first there too
        return application.account, application
    return Account.objects.select_for_update().get(pk=account.pk), None


def _check(
    actor: Actor, account: Account, application: Application | None, before: list[str], after: list[str]
) -> None:
    """Behind the account's list are all of its applications and API keys, so changing that takes every scope."""
    if application is not None:
        check_change(actor, application)
    else:
        check_account(actor, account.pk)
        check_scopes(actor, Scope.objects.available().values_list("name", flat=True))
    check_list(actor, application, before, after)


def _new_lines(lines: Iterable[Line]) -> dict[str, str]:
    """Networks in canonical text with their notes; of two lines for one network the first counts."""
    new: dict[str, str] = {}
    for line in lines:
        new.setdefault(str(parse_network(line.network)), line.note.strip())
    return new


def _take_out(listed: models.QuerySet[AllowedIP], networks: list[str]) -> None:
    for network in networks:
        if not listed.filter(network=network).delete()[0]:
            raise NotFound(_("{network} is not on the list.").format(network=shown(network)))


def _put_in(
    listed: models.QuerySet[AllowedIP],
    notes: dict[str, str],
    account: Account,
    application: Application | None,
    actor: Actor,
) -> None:
    stored = set(listed.values_list("network", flat=True))
    if twice := [network for network in notes if network in stored]:
        already = _("{network} is on the list already.").format(network=shown(twice[0]))
        raise InvalidParam("network", already)
    if len(stored) + len(notes) > MOST:
        raise InvalidParam("network", _("A list has at most {number} lines.").format(number=MOST))
    AllowedIP.objects.bulk_create(
        AllowedIP(account=account, application=application, network=network, note=note, created_by=actor.name)
        for network, note in notes.items()
    )


def _finish(
    account: Account,
    application: Application | None,
    added: list[str],
    removed: list[str],
    actor: Actor,
    noted: list[str] | None = None,
) -> None:
    """Repeat the list where the frequent statements read it, and write the audit row."""
    details = {"added": added, "removed": removed} | ({"noted": noted} if noted else {})
    if application is not None:
        repeat_fences(account, [application.pk])
        record_for(actor, application, Action.ALLOWED_IPS_CHANGED, details)
    else:
        repeat_fences(account)
        record(actor, account, Action.ALLOWED_IPS_CHANGED, target=account.name, details=details)


def repeat_fences(account: Account, only: list[int] | None = None) -> None:
    """Write the fences of the account's applications, or of those with these keys, and the account's own.

    Part of an operation that holds the account's lock: so no list of the account changes meanwhile, and no
    application is created with the fence of before.
    """
    common, own = _lists(account)
    if only is None:
        account.fence = make_list(common)
        account.save(update_fields=["fence"])
        without = account.applications.exclude(allowed_ips__isnull=False)
        without.update(fence=make_fence(common, []))
        only = list(own)
    fenced = [Application(pk=pk, fence=make_fence(common, own.get(pk, []))) for pk in only]
    Application.objects.bulk_update(fenced, ["fence"], batch_size=BATCH)


def _lists(account: Account) -> tuple[list[str], dict[int, list[str]]]:
    common: list[str] = []
    own: dict[int, list[str]] = {}
    for line in account.allowed_ips.only("application_id", "network"):
        place = common if line.application_id is None else own.setdefault(line.application_id, [])
        place.append(line.network)
    return common, own
