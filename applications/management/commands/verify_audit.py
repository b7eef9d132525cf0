"""Check the chains of the audit log."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from applications.management.base import account_named
from applications.models import Account
from applications.operations.audit_checks import Break, check_chains, store_check


class Command(BaseCommand):
    help = "Check the chains of the audit log. Exit code 1 when a row was changed, removed or put in between."
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", metavar="NAME", help="check the chain of this account alone")
        parser.add_argument("--json", action="store_true", help="print one JSON object, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["account"]
        check = check_chains(account_named(name) if name else None)
        store_check(check)
        if options["json"]:
            breaks = [asdict(found) for found in check.breaks]
            self.stdout.write(json.dumps({"rows": check.rows, "chains": len(check.walks), "breaks": breaks}))
        else:
            for found in check.breaks:
                self.stdout.write(_sentence(found))
            self.stdout.write(f"rows: {check.rows}\nchains: {len(check.walks)}\nbroken: {len(check.breaks)}")
        if check.breaks:
            raise SystemExit(1)


def _sentence(found: Break) -> str:
    account = Account.objects.get(pk=found.account) if found.account is not None else None
    chain = f"account {found.account} ({account})" if account is not None else "the operator's chain"
    return f"{chain}, row {found.row}: {found.problem}" if found.row else f"{chain}: {found.problem}"
