"""Whom a path is for: people, or the clients of OAuth and of the API."""

OAUTH = frozenset({"oauth", ".well-known"})
HEALTH = "health"  # asked by machines that know no Host, credential or limit
# The first part of the paths of pages. All other paths, those that do not exist too, get the answers of the API.
PAGES = frozenset({"panel", "operator", "static"})
METRICS = "/metrics"  # asked for by a machine of the operator's: by any name (Host), and over http


def first_part(path: str) -> str:
    """Return the first part of a path, which tells whom it is for."""
    return path[1:].partition("/")[0]


def is_page(path: str) -> bool:
    """Whether people are asked for this path, and not programs."""
    return path == "/" or first_part(path) in PAGES
