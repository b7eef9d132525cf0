"""Which of the deliveries that wait for one URL go next, and which of them together."""

from collections.abc import Iterable, Sequence

from applications.models import Delivery
from applications.rules.webhook_events import MAX_OBJECTS_SENT

type Group = list[Delivery]


def choose(candidates: Sequence[Delivery], room: int, busy: Iterable[str]) -> list[Group]:
    """Return up to `room` groups of the candidates, each to be sent as one delivery, in the order of their coming.

    `busy` are the keys of the deliveries under way. The order of events about one message is kept: what is about the
    same message as one that is under way, or that has to wait, is passed over; in one group they stand in their order.
    """
    holders: dict[str, Group | None] = dict.fromkeys(key for keys in busy for key in keys.split())
    groups: list[Group] = []
    for delivery in sorted(candidates, key=lambda each: each.pk):
        keys = delivery.keys.split()
        group = _group_for(delivery, [holders[key] for key in keys if key in holders], groups)
        if group is not None:
            group.append(delivery)
        elif len(groups) < room and not any(key in holders for key in keys):
            group = [delivery]
            groups.append(group)
        holders.update(dict.fromkeys(keys, group))
    return groups


def _group_for(delivery: Delivery, holders: list[Group | None], groups: list[Group]) -> Group | None:
    """Return the group that it can join: that of all that is about the same messages, or any."""
    found = holders[:1] if holders else groups
    if any(holder is not found[0] for holder in holders):
        return None
    return next((group for group in found if group is not None and _fits(group, delivery)), None)


def _fits(group: Group, delivery: Delivery) -> bool:
    """Whether they can be sent as one: their events are of one kind, and none was ever sent."""
    are_new = all(each.attempts == 0 and not each.is_test for each in (group[0], delivery))
    number = sum(each.object_count for each in group) + delivery.object_count
    return are_new and number <= MAX_OBJECTS_SENT and group[0].event == delivery.event
