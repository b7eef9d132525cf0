"""The plan of docs/scale.md says what its script works out."""

import pytest

from bench.billion import BUSY, CHECK_MS, IN_TABLE, ISSUE_MS, PEAK, PLANS, Plan, lines
from tests.servers import ROOT


def test_the_document_has_the_table_that_the_script_prints() -> None:
    assert lines().strip() in (ROOT / "docs" / "scale.md").read_text()


def test_one_token_a_second() -> None:
    plan = Plan("", tokens=86_400, days=1, checks=10, nodes=2, workers=4)
    assert (plan.issues, plan.checked) == (1, 10)
    assert plan.stored == 2 * 86_400  # those of today, and of yesterday until the purge
    assert plan.connections == 40
    assert plan.node_cores == pytest.approx(PEAK * (ISSUE_MS + 10 * CHECK_MS) / 1000 / BUSY)


def test_longer_lives_are_fewer_issues_and_no_more_checks() -> None:
    day, week = (Plan("", tokens=1_000_000, days=days, checks=2) for days in (1, 7))
    assert day.issues == pytest.approx(7 * week.issues)
    assert day.checked == week.checked
    assert day.stored > week.stored > week.tokens


def test_a_billion_of_a_day_meets_both_limits_that_the_plan_warns_of() -> None:
    day = PLANS[-1]
    assert (day.tokens, day.days, day.nodes) == (1_000_000_000, 1, 10)
    assert day.issues == pytest.approx(11_574, abs=1)
    assert day.stored * IN_TABLE > 250 * 2**30
    assert "5 h; 77 h" in day.lines()
    assert "2.1 days" in day.lines()
