"""What the platform's published client makes of the API: prints one JSON object.

Run as `python applications.py URL APPLICATION_ID UNKNOWN_ID CREDENTIALS` by the Python that has it (see
requirements-clients.txt); CREDENTIALS is JSON, {name: {"access_token": …} or {"api_key": …}}.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from smscx_client import ApiClient, Configuration, exceptions
from smscx_client.api.applications_api import ApplicationsApi


def main(url: str, application_id: str, unknown_id: str, credentials: str) -> dict[str, Any]:
    """Return, by credential, what the client got for each call: the answer, or the name of its exception."""
    return {
        name: calls(url, credential, application_id, unknown_id)
        for name, credential in json.loads(credentials).items()
    }


def calls(url: str, credential: dict[str, str], application_id: str, unknown_id: str) -> dict[str, Any]:
    """Return what one credential got."""
    with ApiClient(Configuration(host=url, **credential)) as client:
        api = ApplicationsApi(client)
        return {
            "scopes": result_of(api.get_scopes),
            "list": result_of(api.get_applications_list),
            "application": result_of(lambda: api.get_application_settings(application_id)),
            "unknown": result_of(lambda: api.get_application_settings(unknown_id)),
        }


def result_of(call: Callable[[], Any]) -> Any:
    """Return the answer as the client has read it; for an exception, its name, the status and the error."""
    try:
        answer = call()
    except exceptions.ApiException as error:
        body = json.loads(error.body)["error"]
        return [type(error).__name__, error.status, body["type"], body["code"]]
    return answer.to_dict() if hasattr(answer, "to_dict") else answer


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
