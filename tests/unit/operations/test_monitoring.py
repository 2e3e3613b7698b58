"""Dashboards and alerts name only what the services really tell, and Prometheus understands them."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.registry import Collector

from services.operations.lag import GroupLag
from services.operations.meters import (
    BridgeMeter,
    EdgeMeter,
    LedgerMeter,
    PlannerMeter,
    WebhookMeter,
    WorkerMeter,
    WriterMeter,
)
from services.operations.probe import Probe
from services.operations.web_meter import WebMeter

MONITORING = Path(__file__).parents[3] / "infra" / "monitoring"
DOCS = Path(__file__).parents[3] / "docs"
METRIC = re.compile(r"\b(?:tournee|process)_[a-z_]+\b")

SUFFIXES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}


def told(collector: Collector) -> Iterator[str]:
    """Every name that a service's answer holds, as a query would write it."""
    for family in collector.collect():
        yield from (f"{family.name}{suffix}" for suffix in SUFFIXES[family.type])


@pytest.fixture(scope="module")
def names() -> set[str]:
    """The metrics of all services."""
    meters = [
        BridgeMeter(),
        EdgeMeter(),
        WriterMeter(),
        PlannerMeter(),
        WorkerMeter(),
        LedgerMeter(),
        WebMeter(),
        WebhookMeter(),
        GroupLag("127.0.0.1:1", "writer"),
    ]
    probe = Probe("any")
    return {name for collector in (*meters, probe.registry) for name in told(collector)}  # type: ignore[arg-type]


def expressions() -> dict[str, str]:
    """Every query of the alerts and the dashboards, by where it stands."""
    found = {}
    rules = (MONITORING / "alerts.yml").read_text()
    for block in re.split(r"\n\s+- alert: ", rules)[1:]:
        expr = re.search(r"expr: (.*?)\n\s+(?:for|labels):", block, re.DOTALL)
        assert expr is not None, block
        found[f"alert {block.splitlines()[0]}"] = expr[1]
    for file, panel in panels():
        for target in panel["targets"]:
            found[f"{file.name}: {panel['title']} {target['refId']}"] = target["expr"]
    return found


def panels() -> Iterator[tuple[Path, dict[str, Any]]]:
    for file in sorted((MONITORING / "grafana" / "dashboards").glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            yield file, panel


def test_every_metric_that_is_asked_for_is_told(names: set[str]) -> None:
    """A renamed metric would leave an alert that never fires, and nobody would see."""
    asked = {where: set(METRIC.findall(expr)) for where, expr in expressions().items()}
    assert len(asked) > 40
    strangers = {where: sorted(metrics - names) for where, metrics in asked.items() if metrics - names}
    assert not strangers
    assert all(metrics or "up{" in expressions()[where] for where, metrics in asked.items())


def test_every_metric_of_ours_is_looked_at(names: set[str]) -> None:
    """What nobody looks at need not be counted. Sums of histograms are told with them."""
    used = {metric for expr in expressions().values() for metric in METRIC.findall(expr)}
    ours = {re.sub(r"_(bucket|count|sum)$", "", name) for name in names if name.startswith("tournee_")}
    looked_at = {re.sub(r"_(bucket|count|sum)$", "", name) for name in used}
    # Version and member stand beside every figure in Prometheus' own pages; the loop's age explains ServiceStuck.
    assert ours - looked_at == {"tournee_service_info", "tournee_service_since_turn_seconds"}


def test_every_alert_is_explained() -> None:
    """Whoever is woken at five must find what it means and what to do."""
    operations = (DOCS / "operations.md").read_text()
    alerts = [where.removeprefix("alert ") for where in expressions() if where.startswith("alert ")]
    assert len(alerts) == 27
    assert [alert for alert in alerts if f"**{alert}**" not in operations] == []


def test_panels_lie_side_by_side_and_have_a_source() -> None:
    """Grafana draws panels over one another without a word."""
    taken: dict[tuple[Path, int, int], str] = {}
    for file, panel in panels():
        assert panel["datasource"]["uid"] == "prometheus"
        place = panel["gridPos"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert x < 24
                assert taken.setdefault((file, x, y), panel["title"]) == panel["title"]
    source = (MONITORING / "grafana" / "datasources" / "prometheus.yml").read_text()
    assert "uid: prometheus" in source


def test_dashboards_have_ids_of_their_own() -> None:
    """Two dashboards of one id replace each other at every start."""
    files = sorted((MONITORING / "grafana" / "dashboards").glob("*.json"))
    uids = [json.loads(file.read_text())["uid"] for file in files]
    assert [file.stem for file in files] == ["planning", "stream", "web"]
    assert len(set(uids)) == 3


def test_prometheus_understands_configuration_and_alerts() -> None:
    """A rule with a slip of the pen would stop Prometheus at its start."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool (Debian: apt-get install prometheus), which is not here")
    checked = subprocess.run(
        [promtool, "check", "config", MONITORING / "prometheus.yml"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


ALERT_TESTS = """
rule_files: [{rules}]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: 'tournee_bridge_messages_total{{topic="readings"}}', values: '0+600x60'}}
      - {{series: 'tournee_writer_stored_total{{topic="readings"}}', values: '0+600x20 12000x40'}}
      - {{series: 'tournee_kafka_lag{{group="writer",topic="readings",partition="0",instance="a"}}', values: '0x20 0+6000x40'}}
      - {{series: 'tournee_kafka_lag{{group="writer",topic="readings",partition="0",instance="b"}}', values: '0x20 0+6000x40'}}
      - {{series: 'tournee_plan_overdue_seconds{{city="porto",fleet="main"}}', values: '0x30 0+60x40'}}
      - {{series: 'tournee_bridge_rejected_total{{reason="malformed"}}', values: '0+1x60'}}
      - {{series: 'tournee_mqtt_strangers{{instance="a"}}', values: '0x20 1x1 0x100'}}
      - {{series: 'tournee_bridge_strangers_ended_total{{instance="a"}}', values: '0x21 1x100'}}
      - {{series: 'tournee_bridge_strangers_ended_total{{instance="b"}}', values: '0x121'}}
      - {{series: 'tournee_mqtt_refused_total{{instance="a"}}', values: '0x30 5x100'}}
      - {{series: 'tournee_mqtt_refused_total{{instance="b"}}', values: '0x30 5x100'}}
      - {{series: 'tournee_mqtt_guarded{{instance="a"}}', values: '1x40 0x100'}}
      - {{series: 'tournee_mqtt_guarded{{instance="b"}}', values: '1x121'}}
    alert_rule_test:
      - {{eval_time: 20m, alertname: MqttStranger}}
      - {{eval_time: 21m, alertname: MqttStranger, exp_alerts: [{{exp_labels: {{severity: page}}, exp_annotations: {{summary: "somebody who is no bridge reads what devices send"}}}}]}}
      - {{eval_time: 70m, alertname: MqttStranger, exp_alerts: [{{exp_labels: {{severity: page}}, exp_annotations: {{summary: "somebody who is no bridge reads what devices send"}}}}]}}
      - {{eval_time: 100m, alertname: MqttStranger}}
      - {{eval_time: 30m, alertname: MqttRefused}}
      - {{eval_time: 32m, alertname: MqttRefused, exp_alerts: [{{exp_labels: {{severity: look}}, exp_annotations: {{summary: "a device wanted to read, or to come as a bridge, and was refused"}}}}]}}
      - {{eval_time: 40m, alertname: MqttUnguarded}}
      - {{eval_time: 52m, alertname: MqttUnguarded, exp_alerts: [{{exp_labels: {{severity: look}}, exp_annotations: {{summary: "Mosquitto does not say that bridges alone may subscribe"}}}}]}}
      - {{eval_time: 20m, alertname: NothingStored}}
      - {{eval_time: 50m, alertname: NothingStored, exp_alerts: [{{exp_labels: {{severity: page}}, exp_annotations: {{summary: "devices are heard, but nothing reaches the store"}}}}]}}
      - {{eval_time: 20m, alertname: LagGrows}}
      - {{eval_time: 40m, alertname: LagGrows, exp_alerts: [{{exp_labels: {{severity: page, group: writer}}, exp_annotations: {{summary: "writer falls behind: 114k events wait"}}}}]}}
      - {{eval_time: 55m, alertname: PlanLate}}
      - {{eval_time: 68m, alertname: PlanLate, exp_alerts: [{{exp_labels: {{severity: page, city: porto, fleet: main}}, exp_annotations: {{summary: "porto: today's plan is 37m 0s late"}}}}]}}
      - {{eval_time: 60m, alertname: ManyRejected}}
"""  # noqa: E501 - one case a line reads best


def test_alerts_fire_when_they_should_and_only_then(tmp_path: Path) -> None:
    """The store stops after 20 minutes: an alert ten minutes of silence later. Two writers tell one lag, not two."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("needs promtool (Debian: apt-get install prometheus), which is not here")
    cases = tmp_path / "cases.yml"
    cases.write_text(ALERT_TESTS.format(rules=MONITORING / "alerts.yml"))
    checked = subprocess.run([promtool, "test", "rules", cases], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
