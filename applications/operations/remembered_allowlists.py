"""The allowed IPs that each application had last, so that a request needs no statement of its own to read them."""

from collections import OrderedDict

from applications.rules.networks import OPEN_ALLOWLIST, Address, allows

NO_ALLOWLIST = ""  # no application has this one (the canonical text holds a bar): no statement finds it


class RememberedAllowlists:
    """A bounded memory of the allowlist each application had last; the statement itself checks that it still has."""

    def __init__(self, most: int = 10_000) -> None:
        self.most = most
        self.allowlists: OrderedDict[str, str] = OrderedDict()

    def for_address(self, client_id: str, address: Address) -> str:
        """Return the allowlist to ask with: NO_ALLOWLIST where `address` is outside the one remembered."""
        allowlist = self.allowlists.get(client_id, OPEN_ALLOWLIST)
        return allowlist if allows(allowlist, address) else NO_ALLOWLIST

    def put(self, client_id: str, allowlist: str) -> None:
        self.allowlists[client_id] = allowlist
        while len(self.allowlists) > self.most:
            self.allowlists.popitem(last=False)


remembered_allowlists = RememberedAllowlists()
