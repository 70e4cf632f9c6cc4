"""A small HTTP server on loopback that keeps folders, data sources, boards and alert rules as Grafana's API does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "glsa_test"
LATER_SCHEMA = 42
"""A later Grafana brings a board to its own schema."""
DURATIONS = {"900s": "15m", "300s": "5m", "60s": "1m"}
"""It gives times back in the largest unit that fits."""


@dataclass
class Grafana:
    """What it holds, by kind and uid; ``changes`` counts what was not a GET."""

    url: str = ""
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    permissions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    datasources: dict[str, dict[str, Any]] = field(default_factory=dict)
    boards: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: int = 0

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """Status and answer of one request under ``/api``."""
        self.changes += method != "GET"
        match [method, *path.strip("/").split("/")]:
            case ["GET", "frontend", "settings"]:
                return 200, {"buildInfo": {"version": "11.6.0"}}
            case ["GET", "folders"]:
                return 200, list(self.folders.values())
            case ["GET", "folders", uid]:
                return _found(self.folders, uid)
            case ["POST", "folders"]:
                self.folders[body["uid"]] = {"id": len(self.folders) + 1, "version": 1, **body}
                self.permissions[body["uid"]] = [
                    {"role": "Viewer", "permission": 1}, {"role": "Admin", "permission": 4},
                ]  # fmt: skip
                return 200, self.folders[body["uid"]]
            case ["GET", "folders", uid, "permissions"]:
                return (
                    (200, self.permissions[uid])
                    if uid in self.permissions
                    else (404, {"message": "folder not found"})
                )
            case ["POST", "folders", uid, "permissions"]:
                if uid not in self.folders:
                    return 404, {"message": "folder not found"}
                self.permissions[uid] = [{"role": "Admin", "permission": 4}, *reversed(body["items"])]
                return 200, {"message": "Folder permissions updated"}
            case ["GET", "datasources", "uid", uid]:
                return _found(self.datasources, uid)
            case ["POST", "datasources"]:
                return self._kept(self.datasources, body["uid"], body)
            case ["PUT", "datasources", "uid", uid]:
                return self._kept(self.datasources, uid, body)
            case _:
                return self._boards_and_rules(method, path, body)

    def _boards_and_rules(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        match [method, *path.strip("/").split("/")]:
            case ["GET", "dashboards", "uid", uid]:
                status, board = _found(self.boards, uid)
                return status, {"dashboard": board, "meta": {}} if status == 200 else board
            case ["POST", "dashboards", "db"]:
                board = body["dashboard"]
                if body["folderUid"] not in self.folders:
                    return 400, {"message": "folder not found"}
                version = self.boards.get(board["uid"], {"version": 0})["version"] + 1
                more = {"id": 7, "version": version, "fiscalYearStartMonth": 0, "schemaVersion": LATER_SCHEMA}
                self.boards[board["uid"]] = {**board, **more}
                return 200, {"status": "success", "uid": board["uid"], "version": version}
            case ["GET", "v1", "provisioning", "alert-rules", uid]:
                return _found(self.rules, uid)
            case ["POST", "v1", "provisioning", "alert-rules"]:
                return self._kept(self.rules, body["uid"], body)
            case ["PUT", "v1", "provisioning", "alert-rules", uid]:
                return self._kept(self.rules, uid, body)
        return 404, {"message": f"no such route: {method} {path}"}

    def _kept(self, kind: dict[str, dict[str, Any]], uid: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Kept as Grafana does: with a number of its own, and without the secrets."""
        kind[uid] = {**body, "id": 9, "orgId": 1}
        if "for" in body:
            kind[uid]["for"] = DURATIONS.get(body["for"], body["for"])
        kind[uid].pop("secureJsonData", None)
        return 200, kind[uid]


def _found(kind: dict[str, dict[str, Any]], uid: str) -> tuple[int, Any]:
    return (200, kind[uid]) if uid in kind else (404, {"message": "not found"})


@contextmanager
def grafana() -> Iterator[Grafana]:
    """The server, on a free port."""
    held = Grafana()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            if self.headers.get("Authorization") == f"Bearer {TOKEN}":
                status, answer = held.answer(self.command, self.path.removeprefix("/api"), body)
            else:
                status, answer = 401, {"message": "Unauthorized"}
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _serve  # noqa: N815 - http.server's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    held.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
