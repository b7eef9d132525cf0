"""GET /health/live and /health/ready: whether the process answers, and whether it can do its work (for probes)."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from applications.api.errors import ApiError, answer
from applications.descriptions.operations import REFUSALS
from applications.descriptions.parts import Node, Translatable, json_of, ref, response, schema
from applications.descriptions.registry import add_schemas, describe
from applications.descriptions.schemas import whole
from applications.operations.readiness import WELL, readiness

RETRY = "5"  # seconds


def live(request: HttpRequest) -> HttpResponse:
    """Answer that this process does; it asks nobody."""
    _check_method(request)
    return answer({"status": "live"})


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when all is well; else 503, and what is wrong."""
    _check_method(request)
    checks = readiness()
    if all(found == WELL for found in checks.values()):
        return answer({"status": "ready", "checks": checks})
    refused = answer({"status": "not ready", "checks": checks}, 503)
    refused.headers["Retry-After"] = RETRY
    return refused


def _check_method(request: HttpRequest) -> None:
    if request.method not in ("GET", "HEAD"):
        raise ApiError("method_not_allowed", "Use GET.", {"Allow": "GET, HEAD"})


def _described(name: str, summary: Translatable, description: Translatable, **responses: Node) -> Node:
    return {
        "operationId": name,
        "tags": ["Health"],
        "summary": summary,
        "description": description,
        "security": [],
        "responses": {**responses, "405": ref("responses", REFUSALS["405"])},
    }


STATUS = {"type": "string", "enum": ["live", "ready", "not ready"]}
CHECKS = {"type": "object", "additionalProperties": {"type": "string"}}
add_schemas(Liveness=whole({"status": STATUS}), Readiness=whole({"status": STATUS, "checks": CHECKS}))
describe(
    live,
    get=_described(
        "getLiveness",
        _("Whether the process answers"),
        _("It asks nobody else."),
        **{"200": response(_("It does."), json_of(schema("Liveness")))},
    ),
)
describe(
    ready,
    get=_described(
        "getReadiness",
        _("Whether the server can do its work"),
        _("Its database answers and can be written, all migrations are applied, and the cache answers."),
        **{
            "200": response(_("It can."), json_of(schema("Readiness"))),
            "503": response(_("It cannot, and `checks` says why."), json_of(schema("Readiness"))),
        },
    ),
)
