"""The mark: the feed's own point in the database, one a minute. How far it is, and how the machine it runs on does."""

import shutil

from collector.data_folder import DataFolder
from collector.hot_files import hour_files
from collector.timeseries.cursor import Cursor
from collector.timeseries.lines import Point, Value

MINUTE_US = 60_000_000


def mark_line(folder: DataFolder, cursor: Cursor, now_us: int) -> str:
    """The point. ``lag_rows``: what is in the store and not here yet; ``hot_hours``: hour files that wait for the sealer."""
    disk = shutil.disk_usage(folder.root)
    fields: dict[str, Value] = {
        "fed": cursor.fed,
        "lag_rows": cursor.lag_rows,
        "rejected": cursor.rejected,
        "unreadable": cursor.unreadable,
        "too_old": cursor.too_old,
        "restarts": cursor.restarts,
        "hot_hours": len(hour_files(folder.hot)),
        "disk_free_bytes": disk.free,
        "disk_bytes": disk.total,
    }
    return Point("feed", {"feed": cursor.feed}, fields, now_us // MINUTE_US * MINUTE_US * 1000).line()
