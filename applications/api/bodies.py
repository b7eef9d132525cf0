"""JSON bodies, read strictly (security.md 9), and handed to the forms that the panel uses."""

import json
import math
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Container, Mapping
from typing import Any

from django import forms
from django.http import HttpRequest

from applications.api.errors import NAMES, ApiError, invalid
from applications.rules.charsets import is_utf_8
from applications.rules.scopes import parse_scope

DEEPEST = 8  # objects in objects; what is sent has three
MAX_NAMES = 100  # scopes in a list
# Line breaks, page breaks and tabs pass here, as texts have them; where they do not belong, the form says so. A
# lone surrogate could not even be stored.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff]")
FIELDS = {name: field for field, name in NAMES.items()}

type Kind = Callable[
    [Any], Any
]  # returns the value as forms take it, or raises ValueError: what it has to be
type Keys = Mapping[str, Kind]


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def structure(value: Any) -> dict[str, Any]:
    """An object."""
    if not isinstance(value, dict):
        raise ValueError("an object")
    return value


def whole(value: Any) -> int:
    """A whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("a whole number")
    return value


def objects(value: Any) -> list[dict[str, Any]]:
    """A list of objects."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError("a list of objects")
    return value


def or_null(kind: Kind) -> Kind:
    """The same kind, or null."""
    return lambda value: None if value is None else kind(value)


def names(value: Any) -> list[str]:
    """A list of names, or one string of names separated by a space; no name holds another separator."""
    expected = ValueError(
        f"a list of at most {MAX_NAMES} strings, or one string of names separated by a space"
    )
    if isinstance(value, str) and not value.strip(" "):
        return []
    found = value if isinstance(value, list) else [value]
    if len(found) > MAX_NAMES or not all(isinstance(word, str) for word in found):
        raise expected
    try:
        words_of = [parse_scope(word) for word in found]
    except ValueError:
        raise expected from None
    if isinstance(value, list) and any(len(names) != 1 for names in words_of):
        raise expected
    return [name for names in words_of for name in names]


APPLICATION: Keys = {"name": text, "tokenExpiration": text, "scopes": names}
CHANGE: Keys = {**APPLICATION, "enabled": flag, "settings": structure}
SECRET: Keys = {"overlap": text, "revokeTokens": flag, "endOlder": flag}
ALLOWED_IP: Keys = {"network": text, "note": text}
NOTHING: Keys = {}


def read(request: HttpRequest, keys: Keys, *, any_text: Container[str] = ()) -> dict[str, Any]:
    """Return the members of the body by the names that forms have for them; none where nothing is to be sent.

    Texts inside the members of `any_text` may hold any character: they are not stored, or as JSON, which escapes them.
    Raises ApiError: no body although there are `keys`, another media type, not JSON in UTF-8, a key that is unknown
    or there twice, another type of value, a control character.
    """
    if keys and not request.body:
        # Never "nothing to do": whoever sent something and lost it on the way would take a 200 for done.
        raise ApiError("invalid_param", f"The body is empty. Send a JSON object with {_names(keys)}.")
    members = _members(request)
    read_values = {}
    for name, value in members.items():
        if name not in keys:
            raise invalid(name[:40], _known(keys))
        _check(name, value, any_text=name in any_text)
        try:
            read_values[FIELDS.get(name, name)] = keys[name](value)
        except ValueError as error:
            raise invalid(name, f"It must be {error}.") from None
    return read_values


def read_change(request: HttpRequest, keys: Keys) -> dict[str, Any]:
    """Return what `read` does; raise ApiError for an object that changes nothing, too."""
    values = read(request, keys)
    if not _names_a_value(values):
        raise ApiError("invalid_param", f"The body changes nothing. It can have {_names(keys)}.")
    return values


def _names_a_value(value: Any) -> bool:
    """Whether there is anything in an object and the objects in it."""
    return any(map(_names_a_value, value.values())) if isinstance(value, dict) else True


def checked(form: forms.Form) -> dict[str, Any]:
    """Return the form's `cleaned_data`; raise ApiError with the first thing that is wrong."""
    if not form.is_valid():
        field, errors = next(iter(form.errors.items()))
        raise invalid(NAMES.get(field, field), str(errors[0]))
    return form.cleaned_data


def _members(request: HttpRequest) -> dict[str, Any]:
    body = request.body
    if not body and not request.content_type:
        return {}
    charset = (request.content_params or {}).get("charset", "")
    if request.content_type != "application/json" or not is_utf_8(charset):
        raise ApiError("unsupported_media_type", "Send application/json in UTF-8.")
    found = _parsed(body) if body else {}
    if not isinstance(found, dict):
        raise ApiError("invalid_param", "The body must be a JSON object.")
    return found


def _parsed(body: bytes) -> Any:
    try:
        # RFC 8259 section 8.1 lets a byte order mark be ignored; .NET and PowerShell write one.
        return json.loads(
            body.removeprefix(BOM_UTF8).decode(), object_pairs_hook=_object, parse_constant=_no_constant
        )
    except RecursionError:
        raise ApiError("invalid_param", "The body is nested too deeply.") from None
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are such, and so is a number of 5,000 digits
        raise ApiError("invalid_param", "The body is not JSON in UTF-8.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in found if names.count(name) > 1)
        raise invalid(twice[:40], "It is there twice.")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check(name: str, value: Any, depth: int = 1, *, any_text: bool = False) -> None:
    """Refuse what no field can take, wherever in `value` it is."""
    if depth > DEEPEST:
        raise invalid(name, "It is nested too deeply.")
    if isinstance(value, str) and not any_text and CONTROL.search(value):
        raise invalid(name, "It holds a control character.")
    if isinstance(value, float) and not math.isfinite(value):
        raise invalid(name, "A number is too large.")
    for part in value if isinstance(value, list) else []:
        _check(name, part, depth + 1, any_text=any_text)
    for key, member in value.items() if isinstance(value, dict) else []:
        _check(name, key, depth + 1, any_text=any_text)
        _check(f"{name}.{key[:40]}", member, depth + 1, any_text=any_text)


def _known(keys: Keys) -> str:
    if not keys:
        return "It is unknown: nothing is sent here."
    return f"It is unknown. Known are {_names(keys)}."


def _names(keys: Keys) -> str:
    return ", ".join(keys)
