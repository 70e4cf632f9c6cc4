"""What the databases have in common over HTTP: one session, time limits, InfluxQL's ``/query``, errors told apart."""

from io import BytesIO
from typing import Any, Final

import aiohttp
import msgspec

from collector.timeseries.policy import Bucket
from collector.timeseries.servers import NO_POLICY, TIMEOUT_S, Busy, Missing, Refused, Rows, failed

LARGEST_ANSWER: Final = 64 * 1024 * 1024
GONE: Final = ("database not found", NO_POLICY)


class HttpApi:
    """A database at ``url``. ``headers`` carry the credentials, which are never in an address."""

    def __init__(self, session: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> None:
        self.session, self.url, self.headers = session, url, headers

    async def call(
        self,
        method: str,
        path: str,
        params: dict[str, str],
        content: bytes | None = None,
        about: dict[str, str] | None = None,
    ) -> bytes:
        """The body of a successful answer; raises what ``servers.failed`` says, ``Busy`` where nobody answers.

        ``about``: headers of the content.
        """
        try:
            async with self.session.request(
                method,
                self.url + path,
                params=params,
                # As a file: a batch of megabytes is then sent in pieces, and does not hold the loop.
                data=None if content is None else BytesIO(content),
                headers={**self.headers, **(about or {})},
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            ) as answer:
                body = await answer.content.read(LARGEST_ANSWER)
                while block := await answer.content.read(LARGEST_ANSWER):
                    body += block
                    if len(body) > LARGEST_ANSWER:
                        raise Refused("the answer is too long")
                if answer.status >= 300:
                    text = body[:2000].decode("utf-8", "replace")
                    raise failed(answer.status, text, answer.headers.get("Retry-After"))
                return body
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Busy(f"{type(error).__name__}: {error}") from error

    async def influxql(self, text: str, bucket: Bucket | None, method: str = "GET") -> Rows:
        """The rows of an InfluxQL query or statement; an error inside the answer raises too."""
        params = {"q": text} if bucket is None else {"q": text, "db": bucket.name}
        answer = msgspec.json.decode(await self.call(method, "/query", params))
        return rows_of(answer)


def rows_of(answer: dict[str, Any]) -> Rows:
    """The rows of an answer of ``/query``, tags beside columns; raises ``Missing`` or ``Refused`` for an error in it."""
    rows: Rows = []
    for result in answer.get("results", ()):
        error = result.get("error")
        if error:
            raise _missing_or_refused(error)
        for one in result.get("series", ()):
            about = {"name": one.get("name"), **one.get("tags", {})}
            rows += [{**about, **dict(zip(one["columns"], values, strict=True))} for values in one["values"]]
    if "error" in answer:
        raise _missing_or_refused(answer["error"])
    return rows


def _missing_or_refused(error: str) -> Exception:
    return Missing(error) if any(words in error for words in GONE) else Refused(error)


def ident(name: str) -> str:
    """A name as InfluxQL writes it."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def text(value: str) -> str:
    """A string as InfluxQL writes it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def mark_query(feed: str) -> str:
    """How far a feed's mark says it came."""
    return f"SELECT max(fed) AS fed FROM feed WHERE feed = {text(feed)}"  # noqa: S608 - quoted
