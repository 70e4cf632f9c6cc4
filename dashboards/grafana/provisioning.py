"""The files that Grafana reads at its start: data sources, where boards are, folders' rules. JSON, which is YAML too. Pure.

Two surfaces are two Grafana organisations or, better, two instances: in one organisation whoever may see a board may ask its
data source anything (stack notes), so a public instance has the public bucket's data source and no other.
"""

from typing import Any, Final

from dashboards.grafana.alerts import group_json
from dashboards.grafana.messages import both
from dashboards.grafana.queries import Surface
from dashboards.messages import LANGUAGES

DATABASE: Final = "$ISONOMIA_INFLUX_URL"
TOKEN: Final = "$ISONOMIA_INFLUX_TOKEN"  # noqa: S105 - the name of a variable that Grafana fills in
BOARDS_FOLDER: Final = "/etc/isonomia/grafana"
BUCKETS: Final[dict[Surface, dict[str, str]]] = {
    "inside": {"isonomia-inside": "isonomia_inside", "isonomia-private": "isonomia_private"},
    "public": {"isonomia-public": "isonomia_public"},
}


def datasource(uid: str, bucket: str, url: str = DATABASE, token: str = TOKEN) -> dict[str, Any]:
    """One data source: InfluxQL with the v2 API's token, which InfluxDB 1 without users does not look at."""
    return {
        "name": uid,
        "uid": uid,
        "type": "influxdb",
        "access": "proxy",
        "url": url,
        "isDefault": False,
        "editable": False,
        "jsonData": {
            "version": "InfluxQL",
            "dbName": bucket,
            "httpMode": "POST",
            "httpHeaderName1": "Authorization",
        },
        "secureJsonData": {"httpHeaderValue1": f"Token {token}"},
    }


def provisioning(surface: Surface) -> dict[str, Any]:
    """The files of a surface, by their path beside its boards."""
    sources = [datasource(uid, bucket) for uid, bucket in BUCKETS[surface].items()]
    providers = [
        {
            "name": f"isonomia-{surface}-{language}",
            "orgId": 1,
            "type": "file",
            "folder": both(f"folder.{surface}"),
            "folderUid": f"isonomia-{surface}",
            "allowUiUpdates": False,
            "disableDeletion": False,
            "updateIntervalSeconds": 60,
            "options": {"path": f"{BOARDS_FOLDER}/{surface}/boards/{language}"},
        }
        for language in LANGUAGES
    ]
    files: dict[str, Any] = {
        "provisioning/datasources/isonomia.yaml": {"apiVersion": 1, "datasources": sources},
        "provisioning/dashboards/isonomia.yaml": {"apiVersion": 1, "providers": providers},
    }
    if surface == "inside":
        files["provisioning/alerting/isonomia.yaml"] = {"apiVersion": 1, "groups": [group_json()]}
    return files


def permissions(surface: Surface) -> list[dict[str, Any]]:
    """Who may do what in a surface's folder (1 view, 2 edit, 4 administer). Inside: editors and above. Public: every viewer."""
    if surface == "inside":
        return [{"role": "Editor", "permission": 1}]
    return [{"role": "Viewer", "permission": 1}, {"role": "Editor", "permission": 1}]
