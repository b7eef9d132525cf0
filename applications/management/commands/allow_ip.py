"""Allow an address or network to use credentials of an account, or of one application."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from applications.forms.allowed_ips import AllowedIPForm
from applications.management.base import OperatorCommand, account_named, application_of
from applications.models import AllowedIP, in_use
from applications.operations.actors import OPERATOR
from applications.operations.allowed_ips import Line, change_allowed_ips
from applications.rules.networks import shown


class Command(OperatorCommand):
    help = (
        "Add an address or network to a list of allowed IPs, and say which addresses in use that locks out: the first"
        " line of a list closes it for all others."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "network", metavar="CIDR", help="such as 192.0.2.10, 192.0.2.0/24 or 2001:db8::/32"
        )
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--account", metavar="NAME")
        whose.add_argument("--application", metavar="ID")
        parser.add_argument("--note", default="", help="what it is, for the people who read the list")

    def run(self, **options: Any) -> dict[str, Any]:
        form = AllowedIPForm({"network": options["network"], "note": options["note"]})
        if not form.is_valid():
            raise CommandError(" ".join(str(error) for errors in form.errors.values() for error in errors))
        application = application_of(options["application"]) if options["application"] else None
        account = application.account if application else account_named(options["account"])
        line = Line(**form.cleaned_data)
        listed = AllowedIP.objects.filter(account=account, application=application)
        networks = [*listed.values_list("network", flat=True), line.network]
        outside = in_use.locked_out(in_use.addresses_in_use(account, application), networks, application)
        change_allowed_ips(account=account, application=application, add=[line], actor=OPERATOR)
        whose = {"application_id": application.application_id} if application else {"account": account.name}
        locked_out = [str(address.address) for address in outside]
        return {**whose, "network": shown(line.network), "locked_out": locked_out}
