"""The token endpoint against RFC 6749, requirement by requirement; each test names its section."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from django.test import Client

from applications.models import AccessToken
from applications.models.applications import Lifetime
from applications.rules.credentials import new_credential
from tests.factories import make_account, make_application
from tests.oauth.conftest import FORM, GRANT, Program, RequestToken, Response, basic


def error_of(response: Response) -> str:
    """The error's code, having checked that the answer has the form of section 5.2."""
    body = json.loads(response.content)
    assert set(body) == {"error", "error_description"}
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    return str(body["error"])


def test_section_4_4_3_a_token_is_issued(request_token: RequestToken, program: Program) -> None:
    response = request_token(GRANT, program.basic)
    body = json.loads(response.content)
    assert response.status_code == 200
    assert set(body) == {"access_token", "token_type", "expires_in", "scope"}
    assert AccessToken.objects.live().by_value(body["access_token"]).exists()
    assert len(body["access_token"]) == 40


def test_section_5_1_type_lifetime_and_no_cache(request_token: RequestToken, program: Program) -> None:
    response = request_token(GRANT, program.basic)
    body = json.loads(response.content)
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 86400)
    assert response["Cache-Control"] == "no-store"
    assert response["Pragma"] == "no-cache"


@pytest.mark.parametrize(
    ("lifetime", "seconds"), [(Lifetime.DAY, 86400), (Lifetime.WEEK, 604800), (Lifetime.NEVER, 2147483647)]
)
def test_section_5_1_expires_in_of_each_lifetime(
    request_token: RequestToken, db: None, lifetime: Lifetime, seconds: int
) -> None:
    application, secret = make_application(make_account("Demo"), lifetime=lifetime)
    assert (
        json.loads(request_token(GRANT, basic(application.application_id, secret)).content)["expires_in"]
        == seconds
    )
    token = AccessToken.objects.get()
    if lifetime == Lifetime.NEVER:
        assert token.expires_at is None
    else:
        assert token.expires_at is not None
        assert (token.expires_at - token.issued_at).total_seconds() == seconds


def test_section_2_3_1_id_and_secret_in_the_body(request_token: RequestToken, program: Program) -> None:
    credentials = f"client_id={program.application.application_id}&client_secret={program.secret}"
    assert request_token(f"{GRANT}&{credentials}").status_code == 200


def test_section_2_3_1_each_half_of_basic_is_form_decoded(
    request_token: RequestToken, program: Program
) -> None:
    escaped = "".join(f"%{ord(letter):02x}" for letter in program.secret)
    assert request_token(GRANT, basic(program.application.application_id, escaped)).status_code == 200
    assert quote_plus(program.secret) == program.secret


def test_section_2_3_a_client_uses_one_way_of_authenticating(
    request_token: RequestToken, program: Program
) -> None:
    credentials = f"client_id={program.application.application_id}&client_secret={program.secret}"
    response = request_token(f"{GRANT}&{credentials}", program.basic)
    assert (response.status_code, error_of(response)) == (400, "invalid_request")


def test_section_2_3_a_client_id_in_the_body_must_match(
    request_token: RequestToken, program: Program
) -> None:
    same = request_token(f"{GRANT}&client_id={program.application.application_id}", program.basic)
    other = request_token(f"{GRANT}&client_id={new_credential()}", program.basic)
    assert same.status_code == 200
    assert (other.status_code, error_of(other)) == (400, "invalid_request")


def test_section_2_3_1_credentials_in_the_query_are_not_read(client: Client, program: Program) -> None:
    credentials = f"client_id={program.application.application_id}&client_secret={program.secret}"
    response = client.post(f"/oauth/token?{credentials}", data=GRANT, content_type=FORM)
    assert (response.status_code, error_of(response)) == (401, "invalid_client")


@pytest.mark.parametrize("scheme", ["basic", "BASIC", "bAsIc"])
def test_rfc_7617_section_2_the_scheme_is_of_any_case(
    request_token: RequestToken, program: Program, scheme: str
) -> None:
    assert request_token(GRANT, program.basic.replace("Basic", scheme)).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!!",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"%zz:x").decode(),
        "Bearer abc",
        "Digest abc",
    ],
)
def test_section_5_2_what_is_not_basic_is_invalid_client(
    request_token: RequestToken, db: None, header: str
) -> None:
    response = request_token(GRANT, header)
    assert (response.status_code, error_of(response)) == (401, "invalid_client")
    assert response["WWW-Authenticate"].startswith("Basic realm=")


def test_section_5_2_no_authentication_is_invalid_client(request_token: RequestToken, db: None) -> None:
    response = request_token(GRANT)
    assert (response.status_code, error_of(response)) == (401, "invalid_client")
    assert response["WWW-Authenticate"].startswith("Basic realm=")


def test_section_5_2_a_missing_grant_type_is_invalid_request(
    request_token: RequestToken, program: Program
) -> None:
    response = request_token("scope=sms", program.basic)
    assert (response.status_code, error_of(response)) == (400, "invalid_request")


def test_section_3_2_an_empty_value_counts_as_absent(request_token: RequestToken, program: Program) -> None:
    assert error_of(request_token("grant_type=", program.basic)) == "invalid_request"
    assert (
        json.loads(request_token(f"{GRANT}&scope=", program.basic).content)["scope"] == "sms groups account"
    )


@pytest.mark.parametrize("blank", ["", " ", " \t "])
def test_section_3_2_an_empty_authorization_header_counts_as_absent(
    client: Client, request_token: RequestToken, program: Program, token: str, blank: str
) -> None:
    credentials = f"client_id={program.application.application_id}&client_secret={program.secret}"
    assert request_token(f"{GRANT}&{credentials}", blank).status_code == 200
    for path in ("/oauth/introspect", "/oauth/revoke"):
        body = f"token={token}&{credentials}"
        assert client.post(path, body, FORM, headers={"Authorization": blank}).status_code == 200


@pytest.mark.parametrize(
    "grant", ["password", "authorization_code", "CLIENT_CREDENTIALS", "client_credentials+"]
)
def test_section_5_2_another_grant_is_unsupported(
    request_token: RequestToken, program: Program, grant: str
) -> None:
    response = request_token(f"grant_type={grant}", program.basic)
    assert (response.status_code, error_of(response)) == (400, "unsupported_grant_type")


@pytest.mark.parametrize("repeated", [GRANT, "scope=sms&scope=sms", "x=1&x=2", "client_id=&client_id="])
def test_section_3_2_a_parameter_is_not_repeated(
    request_token: RequestToken, program: Program, repeated: str
) -> None:
    response = request_token(f"{GRANT}&{repeated}", program.basic)
    assert (response.status_code, error_of(response)) == (400, "invalid_request")


def test_section_3_2_an_unknown_parameter_is_ignored(request_token: RequestToken, program: Program) -> None:
    assert request_token(f"{GRANT}&resource=x", program.basic).status_code == 200


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_section_3_2_the_endpoint_takes_post_alone(client: Client, db: None, method: str) -> None:
    response = getattr(client, method)("/oauth/token")
    assert (response.status_code, response["Allow"]) == (405, "POST")


@pytest.mark.parametrize("media", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_section_4_4_2_the_body_is_form_encoded(
    request_token: RequestToken, program: Program, media: str
) -> None:
    response = request_token(GRANT, program.basic, content_type=media)
    assert (response.status_code, error_of(response)) == (415, "invalid_request")


def test_appendix_b_the_body_is_utf_8(request_token: RequestToken, program: Program) -> None:
    assert request_token(GRANT, program.basic, content_type=f"{FORM}; charset=UTF-8").status_code == 200
    for charset in ("utf8", "UTF8", '"utf-8"', '"UTF8"', "'utf-8'", "utf_8", ""):
        assert (
            request_token(GRANT, program.basic, content_type=f"{FORM}; charset={charset}").status_code == 200
        )
    for charset in ("latin-1", "utf-16", "utf-7", "ascii"):
        assert (
            request_token(GRANT, program.basic, content_type=f"{FORM}; charset={charset}").status_code == 415
        )
    assert error_of(request_token(f"{GRANT}&scope=%ff", program.basic)) == "invalid_request"
    assert error_of(request_token(GRANT.encode() + b"&scope=\xc3\xa9", program.basic)) == "invalid_request"


@pytest.mark.parametrize("control", ["%00", "%0a", "%1f", "%7f"])
def test_control_characters_are_refused_before_the_database(
    request_token: RequestToken, program: Program, control: str
) -> None:
    for body in (f"{GRANT}&scope=sms{control}", f"{GRANT}&client_id={control}", f"{GRANT}&a{control}=b"):
        response = request_token(body, program.basic)
        assert (response.status_code, error_of(response)) == (400, "invalid_request")


def test_a_body_over_64_kb_is_413(request_token: RequestToken, program: Program) -> None:
    assert request_token(f"{GRANT}&x=" + "a" * (63 * 1024), program.basic).status_code == 200
    response = request_token(f"{GRANT}&x=" + "a" * (65 * 1024), program.basic)
    assert (response.status_code, error_of(response)) == (413, "invalid_request")


# --- Scope, section 3.3 ---


def granted(response: Response) -> str:
    """The scope of an answer that issued a token."""
    assert response.status_code == 200, response.content
    return str(json.loads(response.content)["scope"])


def test_section_3_3_omitted_means_all_of_the_application(
    request_token: RequestToken, program: Program
) -> None:
    assert granted(request_token(GRANT, program.basic)) == "sms groups account"


def test_section_3_3_given_means_exactly_those(request_token: RequestToken, program: Program) -> None:
    assert granted(request_token(f"{GRANT}&scope=groups", program.basic)) == "groups"
    assert AccessToken.objects.get().scope == "groups"


@pytest.mark.parametrize("scope", ["groups+sms", "sms%20groups", "+sms++groups+", "groups+sms+groups"])
def test_section_3_3_order_and_duplicates_do_not_count(
    request_token: RequestToken, program: Program, scope: str
) -> None:
    assert set(granted(request_token(f"{GRANT}&scope={scope}", program.basic)).split()) == {"sms", "groups"}
    assert len(AccessToken.objects.get().scope.split()) == 2


@pytest.mark.parametrize(
    "scope", ["viber", "sms+viber", "SMS", "sm", "ms", "sms%2Cgroups", "%25", "_ms", "s%25"]
)
def test_section_5_2_a_scope_not_held_is_invalid_scope(
    request_token: RequestToken, program: Program, scope: str
) -> None:
    response = request_token(f"{GRANT}&scope={scope}", program.basic)
    assert (response.status_code, error_of(response)) == (400, "invalid_scope")
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("scope", ["%22sms%22", "sms%5c", "smś", "%C2%A0sms"])
def test_section_3_3_characters_no_scope_has_are_invalid_scope(
    request_token: RequestToken, program: Program, scope: str
) -> None:
    response = request_token(f"{GRANT}&scope={quote(scope, safe='%+')}", program.basic)
    assert (response.status_code, error_of(response)) == (400, "invalid_scope")


def described(response: Response) -> tuple[int, str, str]:
    """Status, error, and what the developer of the client reads."""
    return response.status_code, error_of(response), json.loads(response.content)["error_description"]


STRAY = "The parameter is scope, in the body of the request. Separate scopes by a space."


@pytest.mark.parametrize(
    "name",
    [
        "scopes",
        "scope[]",
        "scope[0]",
        "scope%5B0%5D",
        "scope.0",
        "Scope",
        "SCOPE",
        "scope+",
        "+scope",
        "scop",
        "scoep",
        "sope",
        "cope",
        "scpe",
        "scoope",
        "scope_list",
        "requested_scopes",
        "scope%EF%BB%BF",
        "s%D1%81ope",
    ],
)
def test_section_3_3_what_was_meant_to_be_scope_never_gives_all_scopes(
    request_token: RequestToken, program: Program, name: str
) -> None:
    assert described(request_token(f"{GRANT}&{name}=sms", program.basic)) == (400, "invalid_request", STRAY)
    assert described(request_token(f"{GRANT}&scope=sms&{name}=sms", program.basic)) == (
        400,
        "invalid_request",
        STRAY,
    )
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("query", ["scope=sms", "scopes=sms", "scope[0]=sms"])
def test_section_3_3_scope_is_not_in_the_address(client: Client, program: Program, query: str) -> None:
    headers = {"Authorization": program.basic}
    response = client.post(f"/oauth/token?{query}", GRANT, FORM, headers=headers)
    assert described(response) == (400, "invalid_request", STRAY)
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["resource", "audience", "state", "code", "type", "account", "realm", "client_assertion", "x", "0"],
)
def test_section_3_2_other_parameters_are_still_ignored(
    request_token: RequestToken, program: Program, name: str
) -> None:
    assert granted(request_token(f"{GRANT}&{name}=sms", program.basic)) == "sms groups account"
    assert granted(request_token(f"{GRANT}&scopes=", program.basic)) == "sms groups account"


@pytest.mark.parametrize(
    "scope",
    [
        "sms,groups",
        "sms%2Cgroups",
        "sms,+groups",
        "sms;groups",
        "sms%3Bgroups",
        "sms|groups",
        "sms%2Bgroups",
        "[%22sms%22]",
        "sms%C2%A0groups",
        "+",
        "++",
        "%20",
        ",",
    ],
)
def test_section_3_3_only_a_space_separates(
    request_token: RequestToken, program: Program, scope: str
) -> None:
    expected = (400, "invalid_scope", "The scope is malformed. Separate scopes by a space.")
    assert described(request_token(f"{GRANT}&scope={scope}", program.basic)) == expected
    assert not AccessToken.objects.exists()
