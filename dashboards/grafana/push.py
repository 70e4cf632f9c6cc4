"""Sends a surface to a running Grafana: folder and its permissions, data sources, boards, alert rules. By grafana-client.

Run again, it changes nothing: each thing is fetched first, and compared in the fields that are ours. ``dry_run`` shows the
differences and sends nothing. A token is sent, never compared, for Grafana does not give secrets back.

grafana-client brings urllib3-future, which takes the place of urllib3 in its environment: the extra ``grafana`` belongs in a
virtual environment of its own (docs/notes/016).
"""

import difflib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError

from dashboards.grafana.alerts import RULES, rule_json
from dashboards.grafana.build import boards, encoded
from dashboards.grafana.messages import both
from dashboards.grafana.provisioning import BUCKETS, datasource, permissions
from dashboards.grafana.queries import Surface

TIMEOUT_S: Final = 30.0
NOT_FOUND: Final = 404
_IGNORED: Final = frozenset({"version", "id", "secureJsonData", "schemaVersion"})
"""Grafana counts versions, gives numbers of its own, and may bring a board to its own schema when it is read."""


Kind = Literal["folder", "permissions", "datasource", "board", "alert"]


@dataclass(frozen=True)
class Thing:
    """One thing that Grafana is to have. ``get`` raises ``GrafanaClientError`` 404 where it is not there."""

    kind: Kind
    what: str
    wanted: dict[str, Any]
    get: Callable[[], dict[str, Any]]
    create: Callable[[], Any]
    update: Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Outcome:
    """What became, or would become, of a thing; ``diff`` as unified lines."""

    what: str
    verb: Literal["=", "+", "~"]
    diff: tuple[str, ...] = ()


@dataclass(frozen=True)
class Database:
    """Where Grafana finds the database, and the token it shows it."""

    url: str
    token: str


@contextmanager
def connect(url: str, token: str) -> Iterator[Any]:
    """The API at ``url``, which ships no types of its functions; its connections are closed behind it, which the library leaves to whoever collects garbage."""
    made: Any = GrafanaApi
    api = made.from_url(url, credential=token, timeout=TIMEOUT_S)
    try:
        yield api
    finally:
        api.client.s.close()


def push(
    api: Any, surface: Surface, database: Database, *, dry_run: bool, only: Kind | None = None
) -> Iterator[Outcome]:
    """Each thing in turn, or those of one kind alone; raises ``GrafanaException``. Ends with the things."""
    for thing in things(api, surface, database):
        if only in (None, thing.kind):
            yield _settled(thing, dry_run=dry_run)


def things(api: Any, surface: Surface, database: Database) -> Iterator[Thing]:
    """What a surface is made of, in the order in which one needs the other."""
    yield _folder(api, surface)
    yield _permissions(api, surface, f"isonomia-{surface}")
    if surface == "inside":
        yield from (_permissions(api, surface, uid) for uid in _titled(api, both("folder.alerts")))
    for uid, bucket in BUCKETS[surface].items():
        yield _datasource(api, datasource(uid, bucket, database.url, database.token))
    for of_surface, _, board in boards():
        if of_surface == surface:
            yield _board(api, board, f"isonomia-{surface}")
    if surface == "inside":
        for rule in RULES:
            wanted = {
                **rule_json(rule),
                "folderUID": f"isonomia-{surface}",
                "ruleGroup": "isonomia",
            }
            yield _rule(api, wanted)


def _settled(thing: Thing, *, dry_run: bool) -> Outcome:
    try:
        there = thing.get()
    except GrafanaClientError as error:
        if error.status_code != NOT_FOUND:
            raise
        if not dry_run:
            thing.create()
        return Outcome(thing.what, "+")
    diff = tuple(difference(ours(there, thing.wanted), thing.wanted))
    if diff and not dry_run:
        thing.update(there)
    return Outcome(thing.what, "~" if diff else "=", diff)


def ours(there: Any, wanted: Any) -> Any:
    """What is there, less what we never set: fields that Grafana adds do not make a difference."""
    if isinstance(wanted, dict) and isinstance(there, dict):
        return {name: ours(there[name], one) for name, one in wanted.items() if name in there}
    if isinstance(wanted, list) and isinstance(there, list) and len(wanted) == len(there):
        return [ours(*two) for two in zip(there, wanted, strict=True)]
    return there


def difference(there: Any, wanted: Any) -> list[str]:
    """Unified lines from what is there to what is wanted; none where they are equal."""
    before, after = (encoded(_plain(one)).decode().splitlines() for one in (there, wanted))
    return list(difflib.unified_diff(before, after, "grafana", "isonomia", n=1, lineterm=""))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: one for name, one in value.items() if name not in _IGNORED}
    return value


def _folder(api: Any, surface: Surface) -> Thing:
    uid, title = f"isonomia-{surface}", both(f"folder.{surface}")
    return Thing(
        "folder",
        f"folder {uid}",
        {"uid": uid, "title": title},
        lambda: api.folder.get_folder(uid),
        lambda: api.folder.create_folder(title, uid),
        lambda _there: api.folder.update_folder(uid, title, overwrite=True),
    )


def _titled(api: Any, title: str) -> list[str]:
    """The uids of folders of that title: that of the rules has none of ours where Grafana made it from files."""
    return [one["uid"] for one in api.folder.get_all_folders() if one["title"] == title]


def _permissions(api: Any, surface: Surface, uid: str) -> Thing:
    wanted = {"items": _by_role(permissions(surface))}

    def get() -> dict[str, Any]:
        found = api.folder.get_folder_permissions(uid)
        named = (
            {"role": one.get("role"), "permission": one["permission"]} for one in found if one.get("role")
        )
        return {"items": _by_role(one for one in named if one["role"] != "Admin")}

    def put(_there: object = None) -> None:
        api.folder.update_folder_permissions(uid, wanted["items"])

    return Thing("permissions", f"permissions {uid}", wanted, get, put, put)


def _by_role(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """In one order: Grafana keeps them in its own."""
    return sorted(items, key=lambda one: str(one["role"]))


def _datasource(api: Any, wanted: dict[str, Any]) -> Thing:
    wanted = {name: value for name, value in wanted.items() if name != "editable"}
    uid = wanted["uid"]
    return Thing(
        "datasource",
        f"datasource {uid}",
        wanted,
        lambda: api.datasource.get_datasource_by_uid(uid),
        lambda: api.datasource.create_datasource(wanted),
        lambda _there: api.datasource.update_datasource_by_uid(uid, wanted),
    )


def _board(api: Any, wanted: dict[str, Any], folder: str) -> Thing:
    sent = {
        "dashboard": wanted,
        "folderUid": folder,
        "overwrite": True,
        "message": "isonomia-dashboards push",
    }

    def get() -> dict[str, Any]:
        found: dict[str, Any] = api.dashboard.get_dashboard(wanted["uid"])["dashboard"]
        return found

    def put(_there: object = None) -> None:
        api.dashboard.update_dashboard(sent)

    return Thing("board", f"board {wanted['uid']}", wanted, get, put, put)


def _rule(api: Any, wanted: dict[str, Any]) -> Thing:
    uid = wanted["uid"]
    return Thing(
        "alert",
        f"alert {uid}",
        wanted,
        lambda: api.alertingprovisioning.get_alertrule(uid),
        lambda: api.alertingprovisioning.create_alertrule(wanted),
        lambda _there: api.alertingprovisioning.update_alertrule(uid, wanted),
    )
