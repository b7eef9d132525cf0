"""Tags that draw: icons and lock pins."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Draw the icon `name` of static/icons.svg, hidden from screen readers; `size` "lg" is 20 px, else 16."""
    return _icon(name, size)


@cache  # a page draws a hundred, and templates name some sixty
def _icon(name: str, size: str) -> SafeString:
    css = "icon icon-lg" if size == "lg" else "icon"
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>', css, static("icons.svg"), name
    )


@register.simple_tag
def pins(application_id: str, enabled: bool = True, size: str = "") -> SafeString:
    """Draw five lock pins from the first five bytes of an application's ID: the same ID, the same picture."""
    heights = [byte % 6 for byte in bytes.fromhex(application_id[:10])]
    upper = "".join(f"M{4.5 + 5 * place} 6v{2.9 + 2.2 * height:.1f}" for place, height in enumerate(heights))
    lower = "".join(
        f"M{4.5 + 5 * place} {12.1 + 2.2 * height:.1f}V26" for place, height in enumerate(heights)
    )
    css = " ".join(["pins", *(["pins-lg"] if size == "lg" else []), *([] if enabled else ["off"])])
    return format_html(
        '<span class="{}"><svg viewBox="0 0 29 32" fill="none" stroke="currentColor" stroke-width="3"'
        ' stroke-linecap="round" aria-hidden="true"><path class="rest" d="{}"/><path d="{}"/></svg></span>',
        css,
        upper,
        lower,
    )
