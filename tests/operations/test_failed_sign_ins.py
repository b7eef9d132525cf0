"""Failed sign-ins, gathered in memory before they are written: how many rows they become, and what each says."""

import pytest

from applications.operations.failed_sign_ins import (
    MAX_ADDRESSES,
    MAX_EMAILS,
    SECONDS,
    FailedSignIns,
    Step,
    Tries,
)

ALICE, BOB = "alice@marlowe.example", "bob@marlowe.example"


class Clock:
    """The monotonic clock of a process."""

    def __init__(self) -> None:
        self.now = 500.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("applications.operations.failed_sign_ins.time.monotonic", clock)
    return clock


def fail(
    gathered: FailedSignIns, email: str = ALICE, ip: str = "192.0.2.1", step: Step = Step.PASSWORD
) -> None:
    gathered.add(email, step, ip, f"request from {ip}")


def total(tries: Tries) -> int:
    return tries.steps.total()


def test_tries_of_one_person_are_one_row_with_all_that_was_wrong(clock: Clock) -> None:
    gathered = FailedSignIns()
    fail(gathered)
    fail(gathered, ip="192.0.2.2")
    fail(gathered, step=Step.SECOND_FACTOR)
    [(email, tries)] = gathered.take().items()
    assert (email, tries.ip, tries.request_id) == (ALICE, "192.0.2.1", "request from 192.0.2.1")
    assert tries.details == {
        "tries": 3,
        "wrong": {"password": 2, "second_factor": 1},
        "addresses": {"192.0.2.1": 2, "192.0.2.2": 1},
    }


@pytest.mark.parametrize("typed", [f"  {ALICE} ", ALICE.upper(), ALICE.title()])
def test_an_email_is_one_however_it_is_typed(clock: Clock, typed: str) -> None:
    gathered = FailedSignIns()
    fail(gathered)
    fail(gathered, typed)
    assert {email: total(tries) for email, tries in gathered.take().items()} == {ALICE: 2}


@pytest.mark.parametrize("typed", ["a\x00b", "a\u202eb", "a\nb", "\ud800"])
def test_what_nobody_can_have_as_an_email_is_not_gathered(clock: Clock, typed: str) -> None:
    gathered = FailedSignIns()
    fail(gathered, typed)
    assert gathered.take(everything=True) == {}


def test_a_long_email_is_cut_and_still_counted(clock: Clock) -> None:
    gathered = FailedSignIns()
    fail(gathered, "x" * 5000)
    assert list(gathered.take()) == ["x" * 254]


def test_there_is_a_row_a_minute_for_each_person(clock: Clock) -> None:
    gathered = FailedSignIns()
    fail(gathered)
    assert list(gathered.take()) == [ALICE]
    fail(gathered)
    fail(gathered, BOB)
    clock.now += SECONDS - 1
    assert list(gathered.take()) == [BOB]
    clock.now += 1
    assert list(gathered.take()) == [ALICE]
    assert gathered.take() == {}


def test_at_the_end_of_the_process_nothing_is_kept_back(clock: Clock) -> None:
    gathered = FailedSignIns()
    fail(gathered)
    gathered.take()
    fail(gathered)
    assert gathered.take() == {}
    assert list(gathered.take(everything=True)) == [ALICE]


def test_what_could_not_be_written_comes_before_what_came_since(clock: Clock) -> None:
    gathered = FailedSignIns()
    fail(gathered)
    taken = gathered.take()
    fail(gathered, ip="192.0.2.2", step=Step.SECOND_FACTOR)
    gathered.give_back(taken)
    [(email, tries)] = gathered.take().items()  # at once: no row was written in this minute
    assert (email, tries.ip) == (ALICE, "192.0.2.1")
    assert tries.details["wrong"] == {"password": 1, "second_factor": 1}
    assert tries.details["addresses"] == {"192.0.2.1": 1, "192.0.2.2": 1}


def test_a_row_names_ten_addresses_and_counts_the_tries_from_others(clock: Clock) -> None:
    gathered = FailedSignIns()
    for number in range(MAX_ADDRESSES + 3):
        fail(gathered, ip=f"192.0.2.{number}")
    fail(gathered, ip="192.0.2.0")  # one of those that are named
    [tries] = gathered.take().values()
    assert len(tries.addresses) == MAX_ADDRESSES
    assert tries.addresses["192.0.2.0"] == 2
    assert tries.details["from_other_addresses"] == 3
    assert tries.details["tries"] == MAX_ADDRESSES + 4


def test_of_too_many_emails_the_first_gives_way_so_they_take_no_more_room(clock: Clock) -> None:
    gathered = FailedSignIns()
    for number in range(MAX_EMAILS + 5):
        gathered.add(f"{number}@walk.example", Step.PASSWORD, "192.0.2.1", "")
    emails = list(gathered.tries)
    assert len(emails) == MAX_EMAILS
    assert emails[0] == "5@walk.example"


def test_beginning_anew_forgets_who_was_written_too(clock: Clock) -> None:
    gathered = FailedSignIns()
    fail(gathered)
    gathered.take()
    fail(gathered)
    gathered.forget()
    assert gathered.take(everything=True) == {}
    fail(gathered)
    assert list(gathered.take()) == [ALICE]
