"""Pieces that a description of an operation is made of."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Translatable = str | Promise
type Node = dict[str, Any]

FORM = "application/x-www-form-urlencoded"
ID = "3f9a1c5e7b2d4860a1c3e5f70918273645f0e1d2"
SECRET = "8c41d7e9a05b36f2c84e1d70b95a3f62e4c80d17"
TOKEN = "b7d02f5a91c84e36d05f7a12c9e84b630f1d5ac7"
REQUEST_ID = "6f3c8f0e-0f6c-4a57-9d0f-7d7c2f3b9a11"
DELIVERY_ID = "msg_5f1c22e07b944c1e8f6f0a1b2c3d4e5f"
MOMENT = "2026-11-24 13:32:05"

NAME, SCOPES = "Order notifications", "sms groups"

HEADERS = ("X-Request-Id", "X-Response-Time", "X-Rate-Limit-Limit", "X-Rate-Limit-Remaining")


def ref(kind: str, name: str) -> Node:
    """Return a reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def schema(name: str) -> Node:
    """Return a reference to a schema."""
    return ref("schemas", name)


def json_of(content: Node, example: Any = None) -> Node:
    """Return the `content` of a body in JSON."""
    media: Node = {"schema": content}
    if example is not None:
        media["example"] = example
    return {"application/json": media}


def response(
    description: Translatable, content: Node | None = None, *, headers: Mapping[str, Node] | None = None
) -> Node:
    """Return a response; `content` is of `json_of`, or None when there is no body."""
    common = {name: ref("headers", name) for name in HEADERS}
    answer: Node = {"description": description, "headers": {**common, **(headers or {})}}
    if content is not None:
        answer["content"] = content
    return answer


def body(name: str, example: Any, *, required: bool = True) -> Node:
    """Return the body of a request, in JSON."""
    return {"required": required, "content": json_of(schema(name), example)}


def in_path() -> dict[str, Node]:
    """Return the parameters that name things in the path, by their names there."""
    of_delivery = {"type": "string", "pattern": "^msg_[0-9a-f]{32}$"}
    return {
        "applicationId": {
            "name": "applicationId",
            "in": "path",
            "required": True,
            "description": _("The application's ID."),
            "schema": schema("Credential"),
            "example": ID,
        },
        "id": {
            "name": "id",
            "in": "path",
            "required": True,
            "description": _("The delivery's id."),
            "schema": of_delivery,
            "example": DELIVERY_ID,
        },
    }
