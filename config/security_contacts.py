"""Where weaknesses are to be reported: what /.well-known/security.txt says (RFC 9116)."""

import re

from applications.rules.exit_codes import ExitCode
from config.end import end

CONTACT = re.compile(r"(mailto:[^\s@]+@[^\s@]+|https://\S+|tel:\+[\d-]+)", re.ASCII)
HOW = "Name mailto:, https: or tel: addresses, separated by commas, such as mailto:security@example.org."


def checked_contacts(contacts: list[str]) -> list[str]:
    """Return `contacts`, each a URI (RFC 9116 section 2.5.3). Ends the program with one sentence otherwise."""
    for contact in contacts:
        if not CONTACT.fullmatch(contact):
            end(ExitCode.SETTINGS, f"SECURITY_CONTACTS: {contact!r} is no address to report to. {HOW}")
    return contacts
