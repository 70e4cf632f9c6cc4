"""Scheduler: the same functions over cells, here or on a Dask cluster. The one file that knows dask.distributed.

A function takes columns of equal length (cells, and what belongs to each) and answers with one thing for each. It may be given
them in parts of any size, for sums do not depend on what stands beside: so a cell is always computed whole, in one call, on
one machine, and the answer has the same bytes wherever that is.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from analysis import version
from analysis.messages import Trouble
from analysis.version import code_version

R = TypeVar("R")

AT_ONCE: Final = 64
"""Cells of a part: enough that a call is worth its way, few enough that their pairs fit in memory."""
ANSWER_S: Final = 30


class Each(Protocol):
    """Whoever calls a function on columns; the answers in their order."""

    def __call__(self, function: Callable[..., list[R]], *columns: Sequence[Any]) -> list[R]:
        """``function(*columns)``, or that of parts of them, put together."""


def here(function: Callable[..., list[R]], *columns: Sequence[Any]) -> list[R]:
    """All at once, in this process."""
    return function(*columns)


@dataclass(frozen=True)
class InParts:
    """One part after the other, in this process."""

    at_once: int = AT_ONCE

    def __call__(self, function: Callable[..., list[R]], *columns: Sequence[Any]) -> list[R]:
        """The answers of the parts, put together."""
        return [one for part in _parts(columns, self.at_once) for one in function(*part)]


@dataclass(frozen=True)
class OnCluster:
    """The parts at once, on the workers of a Dask ``Client``. Where a task fails, what it raised is raised here."""

    client: Any
    at_once: int = AT_ONCE

    def __call__(self, function: Callable[..., list[R]], *columns: Sequence[Any]) -> list[R]:
        """The answers of the parts, put together in order."""
        # Not "pure": what a function does may read a shared folder, so equal arguments need not mean an equal answer.
        parts = [_Part(part) for part in _parts(columns, self.at_once)]
        found = self.client.gather(self.client.map(_call, parts, function=function, pure=False))
        return [one for answers in found for one in answers]


@dataclass(frozen=True)
class _Part:
    """Columns as Dask shall carry them: it looks for tasks in bare lists and tuples."""

    columns: tuple[Sequence[Any], ...]


def _call(part: _Part, function: Callable[..., list[Any]]) -> list[Any]:
    return function(*part.columns)


def _parts(columns: Sequence[Sequence[Any]], at_once: int) -> Iterator[tuple[Sequence[Any], ...]]:
    for begin in range(0, len(columns[0]), at_once):
        yield tuple(column[begin : begin + at_once] for column in columns)


@contextmanager
def on_cluster(address: str, at_once: int = AT_ONCE, answer_s: float = ANSWER_S) -> Iterator[OnCluster]:
    """A cluster, by its scheduler's address; raises ``Trouble`` where nobody answers, a worker has other code, or Dask is missing."""
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise Trouble("scheduler.needs", exit_code=3) from error
    try:
        client: Any = Client(address, timeout=answer_s)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise Trouble("scheduler.silent", exit_code=3, address=address, detail=error) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=answer_s)
        except TimeoutError as error:
            raise Trouble("scheduler.silent", exit_code=3, address=address, detail=error) from error
        # Other code may say other things: same bytes are promised of the same functions.
        for worker, found in client.run(_code_of_worker).items():
            if found != code_version():
                raise Trouble(
                    "scheduler.other_code", exit_code=3, worker=worker, version=found, here=code_version()
                )
        yield OnCluster(client, at_once)


def _code_of_worker() -> str:
    return version.code_version()
