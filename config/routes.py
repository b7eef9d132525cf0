"""Which route a path belongs to: the pattern of its address, of which there are few, and which names nobody."""

from functools import lru_cache

from django.urls import Resolver404, resolve

NONE = "none"  # of a path at which there is nothing
STATIC = "/static/"


@lru_cache(maxsize=4096)
def route_of(path: str) -> str:
    """Return the route, such as "/applications/<str:application_id>"; a path may hold a secret, a route does not."""
    if path.startswith(STATIC):  # WhiteNoise answers those, which have no pattern
        return STATIC
    try:
        return f"/{resolve(path).route}".replace("^", "").removesuffix("$")
    except Resolver404:
        return NONE
