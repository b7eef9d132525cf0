"""Counting requests a minute among machines whose clocks differ."""

from applications.models.rates import RateCount, count_request

MINUTE = 29_000_000


def test_a_machine_whose_clock_is_ahead_holds_nobody_up(db: None) -> None:
    assert [count_request("application:1", MINUTE + 5) for _number in range(3)] == [1, 2, 3]
    assert [count_request("application:1", MINUTE) for _number in range(2)] == [1, 2]
    assert RateCount.objects.get().minute == MINUTE


def test_a_client_has_a_count_of_its_own(db: None) -> None:
    assert [count_request(client, MINUTE) for client in ("application:1", "application:2")] == [1, 1]
    assert count_request("application:1", MINUTE + 1) == 1
