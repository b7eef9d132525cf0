"""Scopes under their headings, for the form of New and of Settings."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from applications.models.scopes import ScopeGroup

MEANINGS = {
    ScopeGroup.MESSAGES: _("Send on a channel and follow what was sent."),
    ScopeGroup.CONTENT: _("What messages are made of, and who receives them."),
    ScopeGroup.ACCOUNT: _("The account itself."),
}


@dataclass
class Group:
    """A heading, its line of meaning, and its checkboxes (panel/applications/_scopes.html draws them)."""

    label: str | Promise
    meaning: str | Promise
    choices: list[BoundWidget] = field(default_factory=list)


def scope_groups(scopes: BoundField) -> list[Group]:
    """Return the checkboxes of a form's field "scopes" by group, each group in catalogue order."""
    groups = {group: Group(group.label, MEANINGS[group]) for group in ScopeGroup}
    for choice in _choices(scopes):
        groups[choice.data["value"].instance.group].choices.append(choice)
    return [group for group in groups.values() if group.choices]


def _choices(scopes: BoundField) -> Iterator[BoundWidget]:
    yield from scopes
