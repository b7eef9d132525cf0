"""An account as large as the panel's bench wants it: 10,000 applications, 1,000,000 tokens and a month of their use."""

from django.contrib.auth import get_user_model

from applications.models import Account, Application
from applications.operations.accounts import create_account
from applications.operations.actors import OPERATOR
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.operations.api_keys import create_api_key
from applications.rules.emails import EmailAddress
from applications.rules.names import Name, ProperName
from applications.rules.networks import NetworkText
from bench.filling import fill_applications, fill_tokens, run, settle

EMAIL, PASSWORD = "owner@bench.example", "a long and dull password"

NAMED = "UPDATE applications_application SET name = 'Orders of branch ' || id"
GRANTED = """
INSERT INTO applications_grantedscope (application_id, scope_id, since_generation, recorded_since)
SELECT client.id, scope.id, 0, now() FROM applications_application client
JOIN applications_scope scope ON scope.name IN ('account', 'groups')
"""
# A tenth of the tokens never expires, which is what the page of key safety looks for.
NEVER = "UPDATE applications_accesstoken SET expires_at = NULL WHERE id % 10 = 0"
USED = """
UPDATE applications_application SET last_used_at = now() - (id % 90) * interval '1 day', last_used_ip = '192.0.2.1'
"""
DAILY = """
INSERT INTO applications_dailyusage (application_id, day, kind, count)
SELECT client.id, current_date - back, kind, 1 + (client.id + back) % 900
FROM applications_application client, generate_series(0, 29) back,
    unnest(ARRAY['issued', 'checked', 'address']) kind
"""
ADDRESSES = """
INSERT INTO applications_addressuse (application_id, ip, day, count, last_at)
SELECT client.id, '198.51.100.0'::inet + client.id % 250, current_date - back, 7, now() - back * interval '1 day'
FROM applications_application client, generate_series(0, 9) back
"""
REFUSALS = """
INSERT INTO applications_refusal (account_id, application_id, client_id, credential, reason, detail, method, path,
    status, error, ip, request_id, created_at)
SELECT client.account_id, client.id, client.application_id, 'secret', 'wrong_secret', '', 'POST', '/oauth/token', 401,
    'invalid_client', '192.0.2.7', 'request-' || client.id, now() - client.id * interval '1 minute'
FROM applications_application client
"""
# The digests only count, for the triggers ask no more of them than their order.
AUDIT = """
INSERT INTO applications_auditevent (account_id, action, actor_kind, actor, application_id, target, details, ip,
    request_id, created_at, previous, digest)
SELECT account.id, 'application:change', 'user', 'owner@bench.example',
    (ARRAY(SELECT application_id FROM applications_application ORDER BY id LIMIT 100))[1 + n % 100],
    'Orders', '{"scopes": ["sms groups reports", "sms groups"]}', '192.0.2.1'::inet, 'request-' || n,
    now() - (100001 - n) * interval '1 minute',
    CASE WHEN n = 1 THEN (SELECT digest FROM applications_auditevent ORDER BY id DESC LIMIT 1)
        ELSE convert_to(lpad((n - 1)::text, 32, '0'), 'UTF8') END,
    convert_to(lpad(n::text, 32, '0'), 'UTF8')
FROM applications_account account, generate_series(1, 100000) n
"""
TRIGGER = "ALTER TABLE applications_auditevent {} TRIGGER audit_continues"


def fill(*, applications: int, tokens: int) -> Application:
    """Fill a database that has its tables and nothing else; return the application with the most tokens."""
    account = create_account(
        name=ProperName("Bench"),
        owner_email=EmailAddress(EMAIL),
        owner_password=PASSWORD,
        actor=OPERATOR,
    )
    for number in range(100):
        create_api_key(account=account, name=Name(f"Machine {number}"), scopes=None, actor=OPERATOR)
    fill_applications(account, 1, applications)
    for statement in (NAMED, GRANTED, USED, DAILY, ADDRESSES, REFUSALS):
        run(statement)
    run(TRIGGER.format("DISABLE"))
    run(AUDIT)
    run(TRIGGER.format("ENABLE"))
    # With all addresses in use on the list: an empty one is compared with nothing.
    lines = [Line(NetworkText(network)) for network in ("192.0.2.0/24", "198.51.100.0/24")]
    change_allowed_ips(account=account, add=lines, actor=OPERATOR)
    largest = account.applications.earliest("pk")
    fill_tokens(tokens // 4, largest.pk)
    fill_tokens(tokens - tokens // 4)
    run(NEVER)
    run("VACUUM ANALYZE")
    settle()
    _check(account, applications)
    return largest


def _check(account: Account, applications: int) -> None:
    assert account.applications.count() == applications
    assert get_user_model().objects.count() == 1
