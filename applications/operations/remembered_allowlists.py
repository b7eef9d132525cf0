"""The allowed IPs that each application had last, so that a request needs no statement of its own to read them."""

from collections import OrderedDict

from applications.rules.networks import OPEN_FENCE, Address, allows

NO_FENCE = ""  # no application has this one (the canonical text holds a bar): no statement finds it


class Remembered:
    """A bounded memory of the fence each application had last; the statement itself checks that it still has."""

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.fences: OrderedDict[str, str] = OrderedDict()

    def usable(self, client_id: str, address: Address) -> str:
        """Return the fence to ask with: NO_FENCE where `address` is outside the one remembered."""
        fence = self.fences.get(client_id, OPEN_FENCE)
        return fence if allows(fence, address) else NO_FENCE

    def put(self, client_id: str, fence: str) -> None:
        self.fences[client_id] = fence
        while len(self.fences) > self.most:
            self.fences.popitem(last=False)


remembered = Remembered()
