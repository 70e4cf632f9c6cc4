"""Opens a database at an address: which kind it is, and with which credentials. Secrets come from the environment alone.

InfluxDB 2 and 3: ``INFLUX_TOKEN``, ``INFLUX_ORG``. InfluxDB 1: ``INFLUX_USER`` and ``INFLUX_PASSWORD``, where it asks for any.
"""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from collector.messages import Trouble
from collector.timeseries.http_api import HttpApi
from collector.timeseries.influx1 import Influx1
from collector.timeseries.influx2 import Influx2
from collector.timeseries.kinds import Kind
from collector.timeseries.servers import Server, kind_at
from collector.timeseries.victoria import Victoria

DEFAULT_ORG: Final = "isonomia"


@dataclass(frozen=True)
class Address:
    """Where a database is. ``kind`` ``None``: it is asked."""

    url: str
    kind: Kind | None = None

    def checked(self) -> str:
        """The address without a slash at its end; raises ``Trouble`` for one that is no http address or holds a secret."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise Trouble("timeseries.bad_url", url=parts.hostname or "?")
        if parts.username or parts.password:
            raise Trouble("timeseries.secret_in_url", url=parts.hostname)
        return self.url.rstrip("/")


@asynccontextmanager
async def open_server(address: Address, environment: Mapping[str, str]) -> AsyncIterator[Server]:
    """The database at ``address``; raises ``Busy`` where it must be asked its kind and does not answer."""
    url = address.checked()
    async with aiohttp.ClientSession() as session:
        kind = address.kind or await kind_at(session, url)
        server = _server(kind, session, url, environment)
        try:
            yield server
        finally:
            await server.close()


def _server(kind: Kind, session: aiohttp.ClientSession, url: str, environment: Mapping[str, str]) -> Server:
    if kind in ("influx2", "influx3"):
        token = environment.get("INFLUX_TOKEN", "")
        headers = {"Authorization": f"Token {token}"}
        return Influx2(
            HttpApi(session, url, headers), environment.get("INFLUX_ORG", DEFAULT_ORG), token, kind
        )
    user = environment.get("INFLUX_USER")
    basic = f"{user}:{environment.get('INFLUX_PASSWORD', '')}".encode()
    headers = {"Authorization": f"Basic {base64.b64encode(basic).decode()}"} if user else {}
    api = HttpApi(session, url, headers)
    return Victoria(api) if kind == "victoria" else Influx1(api)
