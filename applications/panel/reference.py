"""The description of the API, as the reader page draws it: what is at /openapi.json, in words and examples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _

from applications.descriptions.document import document
from applications.descriptions.parts import Node
from applications.panel.quick_start import Snippet
from applications.panel.reference_examples import curl, json_example

METHODS = ("get", "post", "put", "patch", "delete")
# Errors that several operations share are described once, under "Refusals".
COMMON = {"400", "401", "403", "405", "413", "415", "429", "500", "503"}


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a member of a body: what it is called, what it is, which values it takes."""

    name: str
    kind: str
    required: bool
    description: str
    values: list[str]
    default: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of an address. `place` is where it stands on the page; `answer` is an example, empty without a body."""

    place: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    fields: list[Field]
    curl: Snippet
    status: str
    answered: str
    answer: Snippet | None
    refusals: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """Operations that belong together."""

    place: str
    name: str
    description: str
    operations: list[Operation]


@dataclass(frozen=True, slots=True)
class Reference:
    """The whole page; `refusals` are those that every operation has: status, type, words."""

    description: str
    sections: list[Section]
    refusals: list[tuple[str, str, str]]


def reference(application_id: str | None) -> Reference:
    """Return what the page shows, with an application's ID in the examples if there is one."""
    text = json.dumps(document(), cls=DjangoJSONEncoder, ensure_ascii=False)
    return _Reader(json.loads(text), application_id).read()


class _Reader:
    def __init__(self, document: Node, application_id: str | None) -> None:
        self.document, self.application_id = document, application_id

    def read(self) -> Reference:
        found = list(self._operations())
        sections = [
            Section(
                place=f"section-{number}",
                name=tag["name"],
                description=tag["description"],
                operations=[operation for name, operation in found if name == tag["name"]],
            )
            for number, tag in enumerate(self.document["tags"])
        ]
        return Reference(self.document["info"]["description"], sections, list(self._refusals()))

    def _operations(self) -> Iterator[tuple[str, Operation]]:
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    shared = item.get("parameters", [])
                    yield item[method]["tags"][0], self._operation(path, method.upper(), item[method], shared)

    def _operation(self, path: str, method: str, known: Node, shared: list[Node]) -> Operation:
        parameters = [*shared, *known.get("parameters", [])]
        status = next(iter(known["responses"]))
        answer = self._resolved(known["responses"][status])
        return Operation(
            place=known["operationId"],
            method=method,
            path=path,
            summary=known["summary"],
            description=known["description"],
            scope=_scope(known),
            fields=[*map(self._parameter, parameters), *self._members(known)],
            curl=Snippet("curl", "curl", curl(self._address(path, parameters), method, known)),
            status=status,
            answered=answer["description"],
            answer=json_example(answer),
            refusals=self._own_refusals(known),
        )

    def _parameter(self, parameter: Node) -> Field:
        return self._field(
            parameter["name"],
            {**self._resolved(parameter["schema"]), "description": parameter["description"]},
            required=parameter["required"],
        )

    def _members(self, known: Node) -> Iterator[Field]:
        for media in known.get("requestBody", {}).get("content", {}).values():
            body = self._resolved(media["schema"])
            for name, member in body["properties"].items():
                yield self._field(name, self._resolved(member), required=name in body.get("required", []))

    def _field(self, name: str, schema: Node, *, required: bool) -> Field:
        default = schema.get("default", "")
        return Field(
            name=name,
            kind=_kind(schema),
            required=required,
            description=schema.get("description", ""),
            values=[str(value) for value in schema.get("enum", [])],
            default=default if isinstance(default, str) else json.dumps(default),
        )

    def _address(self, path: str, parameters: list[Node]) -> str:
        query = []
        for parameter in parameters:
            if parameter["in"] == "path":
                own = self.application_id if parameter["name"] == "applicationId" else ""
                path = path.replace(f"{{{parameter['name']}}}", own or parameter["example"])
            elif parameter["in"] == "query" and "example" in parameter:
                query.append(f"{parameter['name']}={parameter['example']}")
        return f"{self.document['servers'][0]['url']}{path}{'?' if query else ''}{'&'.join(query)}"

    def _own_refusals(self, known: Node) -> list[tuple[str, str]]:
        return [
            (status, self._resolved(answer)["description"])
            for status, answer in known["responses"].items()
            if status[0] == "4" and status not in COMMON
        ]

    def _refusals(self) -> Iterator[tuple[str, str, str]]:
        statuses = {
            answer.get("$ref", ""): status
            for item in self.document["paths"].values()
            for method in METHODS
            for status, answer in item.get(method, {}).get("responses", {}).items()
        }
        for name, response in self.document["components"]["responses"].items():
            error = response["content"]["application/json"]["example"]["error"]
            yield statuses[f"#/components/responses/{name}"], error["type"], response["description"]

    def _resolved(self, node: Node) -> Node:
        """Return the object that `$ref` names; values beside `$ref` replace those of the object."""
        if "$ref" not in node:
            return node
        found: Node = self.document
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return {**found, **{name: value for name, value in node.items() if name != "$ref"}}


def _scope(known: Node) -> str:
    names = [name for way in known["security"] for scopes in way.values() for name in scopes]
    return names[0] if names else ""


def _kind(schema: Node) -> str:
    """What a value is, in a word."""
    type_names = {
        "string": _("text"),
        "boolean": _("true or false"),
        "integer": _("number"),
        "array": _("list"),
        "object": _("object"),
    }
    if "oneOf" in schema:
        return _(" or ").join(type_names[one["type"]] for one in schema["oneOf"])
    kinds = schema.get("type", "")  # several where null is one of them
    kind = kinds if isinstance(kinds, str) else kinds[0]
    return type_names.get(kind, _("object"))
