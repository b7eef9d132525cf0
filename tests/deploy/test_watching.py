"""The dashboard and the alerts ask for figures that there are, and for all of them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import metric_names as names
from config.metric_names import Described

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "latchkey.json").read_text())
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "latchkey.rules.yml").read_text())
TRIED = yaml.safe_load((ROOT / "deploy" / "prometheus" / "latchkey.test.yml").read_text())
SCRAPE = yaml.safe_load((ROOT / "deploy" / "prometheus" / "scrape.yml").read_text())
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
# Given by Prometheus to each figure, or made by an expression.
OF_ANY = {"instance", "job", "le"}


def exposed() -> dict[str, Described]:
    """Every name that an expression may use, with its labels."""
    found = dict(names.GAUGES)
    for name, described in [*names.COUNTERS.items(), *names.OF_DATABASE.items()]:
        found[f"{name}_total"] = described
    for name, described in names.HISTOGRAMS.items():
        found |= {f"{name}_{part}": described for part in ("bucket", "count", "sum")}
    return found


def panels() -> list[dict[str, Any]]:
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def expressions() -> Iterator[str]:
    for panel in panels():
        yield from (target["expr"] for target in panel["targets"])
    yield from (variable["query"]["query"] for variable in DASHBOARD["templating"]["list"][1:])
    yield from (alert["expr"] for alert in ALERTS)


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\blatchkey_\w+", re.sub(r'"[^"]*"', '""', expression)))


def labels_in(expression: str) -> set[str]:
    """Labels that an expression chooses by or sums up over."""
    chosen = re.findall(r"(\w+)\s*=~?\s*\"", expression)
    grouped = re.findall(r"\bby\s*\(([^)]*)\)", expression)
    return {*chosen, *(label.strip() for labels in grouped for label in labels.split(","))}


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_an_expression_names_figures_and_labels_that_there_are(expression: str) -> None:
    used = names_in(expression) - {"latchkey"}
    assert used <= set(exposed())
    assert used or expression.startswith("up{")
    labels = {label for name in used for label in exposed()[name].labels}
    assert labels_in(expression) <= labels | OF_ANY
    assert expression.count("(") == expression.count(")")


def test_the_dashboard_shows_every_figure() -> None:
    shown = {name for panel in panels() for target in panel["targets"] for name in names_in(target["expr"])}
    for name in {*names.GAUGES, *names.COUNTERS, *names.HISTOGRAMS, *names.OF_DATABASE}:
        assert any(each.startswith(name) for each in shown), name


def test_legends_name_labels_of_their_figures() -> None:
    for panel in panels():
        for target in panel["targets"]:
            labels = {label for name in names_in(target["expr"]) for label in exposed()[name].labels}
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= labels | OF_ANY, panel["title"]


def test_no_panel_lies_on_another() -> None:
    taken = set[tuple[int, int]]()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_an_alert_says_what_is_wrong_and_the_documents_what_to_do(alert: dict[str, Any]) -> None:
    assert set(alert) <= {"alert", "expr", "for", "labels", "annotations"}
    assert alert["labels"]["severity"] in {"critical", "warning", "info"}
    assert alert["annotations"]["summary"].endswith(".")
    assert f"`{alert['alert']}`" in (ROOT / "docs" / "watching.md").read_text()


def test_alerts_have_names_of_their_own() -> None:
    assert len({alert["alert"] for alert in ALERTS}) == len(ALERTS) > 10


def test_the_job_is_the_one_that_the_alerts_ask_for() -> None:
    (job,) = SCRAPE["scrape_configs"]
    assert f'job="{job["job_name"]}"' in ALERTS[0]["expr"]
    assert SCRAPE["rule_files"] == ["latchkey.rules.yml"]
    assert job.get("metrics_path", "/metrics") == "/metrics"


def test_each_alert_is_tried() -> None:
    """With figures for which it fires, and what it says then; promtool compares both."""
    tried = [case for test in TRIED["tests"] for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in tried if "exp_alerts" in case} == {rule["alert"] for rule in ALERTS}


def test_each_alert_fires_for_what_it_is_about() -> None:
    """The package is too big to fetch for a second's test, so it runs where Prometheus is."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("No promtool (apt install prometheus), so the alerts were NOT tried.")
    folder = ROOT / "deploy" / "prometheus"
    for command in (["check", "config", "scrape.yml"], ["test", "rules", "latchkey.test.yml"]):
        run = subprocess.run([promtool, *command], cwd=folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
