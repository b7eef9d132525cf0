"""What every template may use."""

from django.http import HttpRequest


def theme(request: HttpRequest) -> dict[str, str]:
    """The reader's chosen theme, or an empty text to follow the system."""
    chosen = request.COOKIES.get("theme", "")
    return {"theme": chosen if chosen in ("light", "dark") else ""}
