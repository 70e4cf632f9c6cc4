"""A database's disk fills up: ``python -m tests.collector.timeseries.full_disk ROOT``, the database in ROOT/small, a small disk of its own.

Prints one JSON object of what happened. The disk is full once the database itself refuses a line of the week that is fed next.
"""

import json
import subprocess
import sys
from pathlib import Path

from tests.golden.chain import fill
from tests.support.databases import Database, asked
from tests.support.series import command, golden_folder, golden_rows, timeseries

BLOCK = bytes(65536)
MOST_LINES = 10_000
ROOM_AFTER, RESTART_AFTER = 2, 4
"""Waits of the feed before somebody makes room, and before the database, which still says that there is none, is started again."""


def fill_up(disk: Path) -> Path:
    """A file that takes what room there is; where it is."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (len(BLOCK), 4096, 1):
            try:
                while file.write(BLOCK[:size]) == size:
                    pass
            except OSError:
                continue
    return ballast


def refuse(database: Database) -> tuple[int, str]:
    """Write lines into the shard that the golden pairs are in till the database refuses; its words. Ends at ``MOST_LINES``."""
    at_ns = golden_rows("reset")[0].received_at_us * 1000
    path = "/write?db=isonomia_private&rp=isonomia"
    status, body = 0, b""
    for n in range(MOST_LINES):
        status, body = asked(database.url, "POST", path, f'other text="{n}" {at_ns + n}', {})
        if status != 204:
            break
    return status, body.decode()


def main(root: Path) -> dict[str, object]:
    """The whole story."""
    folder = golden_folder(root, "neutral")
    database = Database("influx1", root / "small")
    database.start()
    said: dict[str, object] = {}
    try:
        said["before"] = timeseries(folder, "rebuild", database.url)[-1]
        ballast = fill_up(database.folder)
        said["refused"] = refuse(database)
        fill(folder.root, golden_rows("reset"))
        words = command(folder, "feed", database.url, "--json")
        with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as feed:
            assert feed.stdout is not None
            waits = []
            for line in feed.stdout:
                waits.append(json.loads(line))
                if len(waits) == ROOM_AFTER:
                    ballast.unlink()
                if len(waits) == RESTART_AFTER:
                    database.stop()
                    database.start()
        said["fed"] = waits
        said["after"] = timeseries(folder, "check", database.url)[-1]
        database.kill()
        database.start()
        said["again"] = timeseries(folder, "feed", database.url)[-1]
        said["restarted"] = timeseries(folder, "check", database.url)[-1]
    finally:
        database.kill()
    return said


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
