"""Guessing passwords and codes is slow, and whoever knows them is never shut out (docs/decisions/0012)."""

import re
import time
from ipaddress import ip_address

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse

from applications.authentication.devices import COOKIE
from applications.models import SignInFailures, User
from applications.models.sign_in import count_failure
from applications.operations.sign_in import Count, purge_sign_in
from applications.rules.one_time_codes import code_of

PASSWORD = "correct horse battery"
EMAIL = "elena@marlowe.example"
SIGN_IN, YOU = "/panel/sign-in/", "/panel/you/"
CODE = reverse("account_confirm_login_code")
TRIES = settings.SIGN_IN_TRIES
STOP = TRIES * 20  # wrong passwords from one address


@pytest.fixture
def elena(db: None) -> User:
    return User.objects.create_user(EMAIL, PASSWORD, name="Elena Kowalczyk")


def attempt(client: Client, password: str = "nothing like it", email: str = EMAIL) -> str:
    """Try to sign in; return the page, or where the answer leads."""
    answer = client.post(SIGN_IN, {"login": email, "password": password})
    return answer["Location"] if answer.status_code == 302 else answer.content.decode()


def at(address: str) -> Client:
    return Client(REMOTE_ADDR=address)


def fail(address: str, times: int, email: str = EMAIL) -> str:
    page = ""
    for _number in range(times):
        page = attempt(at(address), email=email)
    return page


def block(subject: str, number: int) -> None:
    """Let so many failures have been counted for an address or email."""
    window = settings.SIGN_IN_WAIT_MINUTES * 60
    SignInFailures.objects.create(
        subject=Count(subject, window).digest, began=int(time.time()), number=number
    )


def signed_in(client: Client) -> bool:
    return client.get(YOU).status_code == 200


def known_browser(address: str = "192.0.2.1") -> Client:
    """A browser that Elena has signed in with and out of again."""
    client = at(address)
    attempt(client, PASSWORD)
    client.post(reverse("account_logout"))
    assert not signed_in(client)
    return client


# --- Passwords -----------------------------------------------------------------------------------------


def test_too_many_wrong_passwords_are_said(elena: User) -> None:
    assert "Too many tries" not in fail("192.0.2.1", TRIES)
    page = fail("192.0.2.1", 1)
    assert "Too many tries from this address" in page
    assert f"{settings.SIGN_IN_WAIT_MINUTES} minutes" in page
    assert page.count("Email or password is wrong") == 1


def test_known_and_unknown_emails_read_the_same_all_the_way(elena: User) -> None:
    def read(address: str, email: str) -> list[str]:
        pages = [attempt(at(address), email=email) for _number in range(TRIES + 2)]
        return [re.sub(r'value="[^"]*"', "", page) for page in pages]

    assert read("192.0.2.1", EMAIL) == read("192.0.2.2", "nobody@marlowe.example")


def test_failures_at_other_addresses_free_nobody(elena: User) -> None:
    """Django's database cache forgets a third of its rows when it holds more than 300."""
    fail("192.0.2.1", TRIES + 1)
    for number in range(420):
        count_failure(f"{number}", int(time.time()), 900)
    assert "Too many tries" in fail("192.0.2.1", 1)


def test_the_count_ends_with_its_window(elena: User) -> None:
    with time_machine.travel("2026-11-26 12:00:00Z") as clock:
        fail("192.0.2.1", TRIES + 1)
        clock.shift(settings.SIGN_IN_WAIT_MINUTES * 60 + 1)
        assert "Too many tries" not in fail("192.0.2.1", 1)


def test_the_right_password_gets_through_with_a_mailed_code(elena: User) -> None:
    fail("192.0.2.1", TRIES + 1)
    client = at("192.0.2.1")
    assert attempt(client, PASSWORD) == CODE
    assert not signed_in(client)
    [message] = mail.outbox
    assert message.to == [EMAIL]
    assert "Enter the code we mailed you" in client.get(CODE).content.decode()
    client.post(CODE, {"code": "AAAA-AAAA"})
    assert not signed_in(client)
    [code] = re.findall(r"^[A-Z0-9]{3,}-?[A-Z0-9]{3,}$", str(message.body), re.MULTILINE)
    client.post(CODE, {"code": code})
    assert signed_in(client)


def test_an_email_under_attack_from_everywhere_takes_a_proof_and_shuts_nobody_out(elena: User) -> None:
    for number in range(TRIES * 6):
        attempt(at(f"198.51.100.{number}"))
    client = at("203.0.113.9")
    assert attempt(client, PASSWORD) == CODE
    assert attempt(at("203.0.113.9"), PASSWORD, "nobody@marlowe.example") != CODE


def test_an_email_not_under_attack_takes_the_password_alone(elena: User) -> None:
    fail("192.0.2.1", TRIES + 1, "nobody@marlowe.example")
    client = at("203.0.113.9")
    attempt(client, PASSWORD)
    assert signed_in(client)


def test_far_too_many_wrong_passwords_stop_the_address(elena: User) -> None:
    block("address:192.0.2.1/32", STOP)
    client = at("192.0.2.1")
    page = attempt(client, PASSWORD)
    assert "Signing in from here waits" in page
    assert not signed_in(client)


@pytest.mark.parametrize("number", [TRIES + 1, STOP])
def test_a_known_browser_gets_in_whatever_comes_from_its_address(elena: User, number: int) -> None:
    client = known_browser("192.0.2.1")
    block("address:192.0.2.1/32", number)
    block(f"email:{EMAIL}", number)
    attempt(client, PASSWORD)
    assert signed_in(client)


def test_a_known_browser_is_known_for_its_person_alone(elena: User) -> None:
    client = known_browser("192.0.2.1")
    other = User.objects.create_user("bob@marlowe.example", PASSWORD)
    block("address:192.0.2.1/32", TRIES)
    assert attempt(client, PASSWORD, other.email) == CODE


def test_a_new_password_makes_every_browser_a_stranger(elena: User) -> None:
    client = known_browser("192.0.2.1")
    elena.set_password("another fine phrase")
    elena.save()
    block("address:192.0.2.1/32", TRIES)
    assert attempt(client, "another fine phrase") == CODE


def test_a_known_browser_cannot_guess_without_end(elena: User) -> None:
    client = known_browser("192.0.2.1")
    assert "Too many tries" not in [attempt(client) for _number in range(TRIES + 2)][-1]
    assert SignInFailures.objects.update(number=STOP) == 1  # its own count, and no other
    page = [attempt(client) for _number in range(TRIES + 2)][-1]
    assert "Too many tries" in page


def test_the_cookie_of_a_known_browser_is_kept_from_scripts_and_cannot_be_made(elena: User) -> None:
    client = at("192.0.2.1")
    attempt(client, PASSWORD)
    cookie = client.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) > 86400
    first = cookie.value
    attempt(client, PASSWORD)
    client.post(reverse("account_logout"))
    attempt(client, PASSWORD)
    assert client.cookies[COOKIE].value != first
    forged = at("192.0.2.1")
    forged.cookies[COOKIE] = first[:-1] + ("a" if first[-1] != "a" else "b")
    block("address:192.0.2.1/32", TRIES)
    assert attempt(forged, PASSWORD) == CODE


# --- IPv6 ----------------------------------------------------------------------------------------------


def test_one_network_of_64_bits_is_one_address(elena: User) -> None:
    for number in range(TRIES):
        attempt(at(str(ip_address("2001:db8::") + number)))
    assert "Too many tries" in attempt(at("2001:db8::ffff:1"))
    assert "Too many tries" not in attempt(at("2001:db8:0:1::1"))


def test_many_networks_of_one_customer_are_counted_together(elena: User) -> None:
    block("address:2001:db8::/48", TRIES * 10)
    assert "Too many tries" in attempt(at("2001:db8:0:7::1"))
    assert "Too many tries" not in attempt(at("2001:db8:1::1"))


def test_failures_from_one_site_shut_no_owner_out(elena: User) -> None:
    for number in range(30):  # a /61 has eight networks of 64 bits
        attempt(at(str(ip_address("2001:db8::") + ((number % 8) << 64) + number)))
    client = at("203.0.113.9")
    assert attempt(client, PASSWORD) == CODE
    known = known_browser_of_before(elena)
    attempt(known, PASSWORD)
    assert signed_in(known)


def known_browser_of_before(elena: User) -> Client:
    SignInFailures.objects.all().delete()
    client = known_browser("203.0.113.10")
    block(f"email:{EMAIL}", 30)
    return client


# --- The second factor ---------------------------------------------------------------------------------


@pytest.fixture
def secret(elena: User) -> str:
    made: str = generate_totp_secret()
    TOTP.activate(elena, made)
    RecoveryCodes.activate(elena)
    return made


SECOND = reverse("mfa_authenticate")


def enter(client: Client, code: str) -> str:
    return client.post(SECOND, {"code": code}).content.decode()


def now_code(secret: str, steps: int = 0) -> str:
    return code_of(secret, int(time.time()) // 30 + steps)


def test_the_second_factor_gets_through_where_passwords_are_slowed_down(elena: User, secret: str) -> None:
    block("address:192.0.2.1/32", TRIES)
    block(f"email:{EMAIL}", 1000)
    client = at("192.0.2.1")
    assert attempt(client, PASSWORD) == SECOND
    enter(client, now_code(secret))
    assert signed_in(client)
    assert mail.outbox == []


def test_codes_cannot_be_guessed_without_end_but_a_recovery_code_gets_through(
    elena: User, secret: str
) -> None:
    for number in range(TRIES * 6):
        if number % 10 == 0:
            client = at(f"198.51.100.{number}")
            attempt(client, PASSWORD)
        page = enter(client, "000000")
    assert "This code is wrong" in page
    client = at("203.0.113.9")
    attempt(client, PASSWORD)
    assert "Too many wrong codes" in enter(client, now_code(secret))
    assert not signed_in(client)
    codes = RecoveryCodes(Authenticator.objects.get(user=elena, type="recovery_codes")).get_unused_codes()
    enter(client, codes[0])
    assert signed_in(client)


def test_a_known_browser_has_codes_of_its_own_to_try(elena: User, secret: str) -> None:
    known = at("192.0.2.1")
    attempt(known, PASSWORD)
    enter(known, now_code(secret, -1))
    known.post(reverse("account_logout"))
    client = at("198.51.100.1")
    attempt(client, PASSWORD)
    for _number in range(TRIES * 6 + 1):
        enter(client, "000000")
    attempt(known, PASSWORD)
    enter(known, now_code(secret))
    assert signed_in(known)


def test_a_new_password_ends_what_somebody_else_did_with_the_old_one(elena: User, secret: str) -> None:
    client = at("198.51.100.1")
    attempt(client, PASSWORD)
    for _number in range(TRIES * 6 + 1):
        enter(client, "000000")
    elena.set_password("another fine phrase")
    elena.save()
    client = at("203.0.113.9")
    attempt(client, "another fine phrase")
    enter(client, now_code(secret))
    assert signed_in(client)


def test_counts_that_are_over_are_swept(elena: User) -> None:
    with time_machine.travel("2026-11-26 12:00:00Z") as clock:
        count_failure("old", int(time.time()), 900)
        clock.shift(86400 - 60)
        count_failure("new", int(time.time()), 900)
        clock.shift(120)
        purge_sign_in()
    assert list(SignInFailures.objects.values_list("subject", flat=True)) == ["new"]
