"""What the platform's published client makes of the token endpoint: prints one JSON object.

Run as `python oauth.py URL ID SECRET` by the Python that has it (see requirements-clients.txt).
"""

import json
import sys
from typing import Any

from smscx_client import ApiClient, Configuration, exceptions
from smscx_client.api.oauth_api import OauthApi


def main(url: str, client_id: str, secret: str) -> dict[str, Any]:
    """Return what the client got for each call: the members of an answer, or the name of its exception."""

    def ask(password: str, **parameters: str) -> Any:
        configuration = Configuration(host=url, username=client_id, password=password)
        with ApiClient(configuration) as client:
            try:
                return OauthApi(client).get_access_token(**parameters).to_dict()
            except exceptions.ApiException as error:
                return [type(error).__name__, error.status]

    return {
        "all": ask(secret),
        "some": ask(secret, scope="groups"),
        "wrong secret": ask("0" * 40),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
