"""The examples of the reader page: a call by curl, and an answer in JSON."""

import json

from applications.descriptions.parts import FORM, Node
from applications.panel.quick_start import Snippet

TOKEN = '--header "Authorization: Bearer $LATCHKEY_TOKEN"'
BASIC = '--user "$LATCHKEY_ID:$LATCHKEY_SECRET"'


def curl(address: str, method: str, known: Node) -> str:
    """Return the call of an operation, with the credential that it takes."""
    options = [*_proof(known), *_sent(known)]
    verb = "" if method == "GET" or (method == "POST" and _sent(known)) else f"--request {method} "
    quoted = f'"{address}"' if "?" in address else address
    # An address beside a verb would be as long as to run under the copy button.
    begin = [f"curl {verb}".rstrip(), quoted] if verb else [f"curl {quoted}"]
    return " \\\n  ".join([*begin, *options])


def _proof(known: Node) -> list[str]:
    """The option of curl that says who calls: the token where one is taken, else ID and secret, if anything."""
    ways = {name for way in known["security"] for name in way}
    if "accessToken" in ways:
        return [TOKEN]
    return [BASIC] if "clientBasic" in ways else []


def _sent(known: Node) -> list[str]:
    """The options of curl that send the body."""
    content = known.get("requestBody", {}).get("content", {})
    if FORM in content:
        return [f"--data {name}={value}" for name, value in content[FORM]["example"].items()]
    example = content.get("application/json", {}).get("example")
    if not example:
        return []
    body = json.dumps(example, indent=2, ensure_ascii=False).replace("\n", "\n  ")
    return ['--header "Content-Type: application/json"', f"--data '{body}'"]


def json_example(answer: Node) -> Snippet | None:
    """Return the example of a response, None where it has no body in JSON."""
    media = answer.get("content", {}).get("application/json", {})
    if "example" not in media:
        return None
    return Snippet("json", "JSON", json.dumps(media["example"], indent=2, ensure_ascii=False))
