"""The alert rules, as Grafana's provisioning keeps them: a query, its last value, a threshold. For the inside alone."""

from dataclasses import dataclass
from typing import Any, Final

from dashboards.grafana import messages
from dashboards.grafana.messages import both
from dashboards.grafana.panels import filled, source_of
from dashboards.grafana.queries import QUERIES
from dashboards.grafana.thresholds import THRESHOLDS

INTERVAL_S: Final = 60


@dataclass(frozen=True)
class Rule:
    """One rule. ``since_s``: how far back its query looks; ``for_s``: how long it must hold; ``no_data``: what silence means."""

    name: str
    query: str
    threshold: str
    since_s: int
    for_s: int
    no_data: str
    severity: str


RULES: Final = (
    Rule("grade", "alert_grade", "grade", 21_600, 0, "OK", "review"),
    Rule("disruption", "alert_disruption", "disruption_percent", 3_600, 900, "OK", "page"),
    Rule("silent", "alert_silent", "silent_pairs", 21_600, 300, "Alerting", "page"),
    Rule("lag", "alert_lag", "lag_rows", 900, 300, "Alerting", "page"),
    Rule("disk", "disk_free", "disk_free_percent", 900, 300, "NoData", "page"),
)


JUST_BELOW: Final = 0.001


def evaluator(threshold: str) -> dict[str, object]:
    """From the threshold on, or strictly below it where less is worse. ``gt`` and ``lt`` are what every Grafana knows."""
    value, above = THRESHOLDS[threshold].value, THRESHOLDS[threshold].above
    return {"type": "gt", "params": [value - JUST_BELOW]} if above else {"type": "lt", "params": [value]}


def duration(seconds: int) -> str:
    """Seconds as Grafana gives them back, so that a rule that is there is seen to be the same.

    >>> duration(0), duration(300), duration(90)
    ('0s', '5m', '1m30s')
    """
    minutes, rest = divmod(seconds, 60)
    return (f"{minutes}m" if minutes else "") + (f"{rest}s" if rest or not minutes else "")


def rule_json(rule: Rule) -> dict[str, Any]:
    """One rule, in both languages; A is the query, B its last value of each series, C whether it is beyond the threshold.

    One rule a language would be two alerts of one trouble, each with its own notification. Grafana's own notifications list every
    annotation with its name, so whoever is woken reads either.
    """
    query = QUERIES[rule.query]
    source = source_of(query, "inside")
    asked: dict[str, Any] = {
        "refId": "A",
        "query": filled(query),
        "rawQuery": True,
        "resultFormat": "time_series",
        "datasource": source,
    }
    reduced = {"refId": "B", "type": "reduce", "expression": "A", "reducer": "last"}
    beyond = {
        "refId": "C", "type": "threshold", "expression": "B",
        "conditions": [{"evaluator": evaluator(rule.threshold)}],
    }  # fmt: skip
    expressions = {"type": "__expr__", "uid": "__expr__"}
    return {
        "uid": f"isonomia-{rule.name}",
        "title": both(f"alert.{rule.name}"),
        "condition": "C",
        "data": [
            _data(asked, source["uid"], rule.since_s),
            _data({**reduced, "datasource": expressions}, "__expr__", rule.since_s),
            _data({**beyond, "datasource": expressions}, "__expr__", rule.since_s),
        ],
        "for": duration(rule.for_s),
        "noDataState": rule.no_data,
        "execErrState": "Alerting",
        "annotations": {
            "summary": messages.say(f"alert.{rule.name}.help", "fr"),
            "summary_en": messages.say(f"alert.{rule.name}.help", "en"),
            "description": THRESHOLDS[rule.threshold].raison,
            "description_en": THRESHOLDS[rule.threshold].reason,
        },
        "labels": {"severity": rule.severity, "team": "isonomia"},
        "isPaused": False,
    }


def _data(model: dict[str, Any], uid: str, since_s: int) -> dict[str, Any]:
    span = {"from": since_s, "to": 0}
    return {"refId": model["refId"], "datasourceUid": uid, "relativeTimeRange": span, "model": model}


def group_json() -> dict[str, Any]:
    """All rules, as one group of the inside folder."""
    return {
        "orgId": 1,
        "name": "isonomia",
        # Not the boards' folder: rules are read first, and would make one of that title under another uid, which the
        # boards' provider then finds taken (Grafana 11: "a folder with the same name already exists").
        "folder": both("folder.alerts"),
        "interval": duration(INTERVAL_S),
        "rules": [rule_json(rule) for rule in RULES],
    }
