"""From a file to a report."""

import hashlib
from collections import defaultdict
from pathlib import Path

from analysis.stats.token_bucket import BucketFit
from analysis.trace.agreed import Agreed, agreed, allows
from analysis.trace.capture import Read, packets
from analysis.trace.chunks import FEWEST_PACKETS, chunks_of, homes_of
from analysis.trace.connections import followed
from analysis.trace.report import REPORT_VERSION, Report, chunk_judged
from analysis.trace.verdict import Verdict, verdict
from analysis.version import code_version


def judge_capture(path: Path) -> Report:
    """Judge every chunk of a capture. Raises Trouble for a file that is none, naming file and offset."""
    read = Read()
    directions = followed(packets(path, read), path)
    homes = homes_of(directions)
    verdicts: list[Verdict] = []
    small = 0
    for direction in directions:
        for chunk in chunks_of(direction):
            if chunk.last - chunk.first < FEWEST_PACKETS:
                small += 1
            else:
                verdicts.append(verdict(chunk, homes[direction.destination[0]]))
    common = _common(verdicts)
    records = [chunk_judged(one, _taking_part(one, common)) for one in verdicts]
    return Report(
        report_version=REPORT_VERSION,
        code_version=code_version(),
        capture=path.name,
        sha256=_sha256(path),
        packets=read.packets,
        not_tcp=read.not_tcp,
        cut_short=read.cut_short,
        small_chunks=small,
        chunks=tuple(sorted(records, key=lambda record: (record.start, record.source, record.destination))),
    )


def _key(one: Verdict) -> tuple[bytes, object] | None:
    """The limiter a policed chunk met: its home's, or its direction's own."""
    if one.rule.mechanism != "policer":
        return None
    direction = one.chunk.direction
    return direction.destination[0], None if one.facts.together else (direction.source, direction.destination)


def _common(verdicts: list[Verdict]) -> dict[tuple[bytes, object], Agreed | None]:
    fits: dict[tuple[bytes, object], list[BucketFit]] = defaultdict(list)
    for one in verdicts:
        key = _key(one)
        if key is not None and one.facts.bucket is not None:
            fits[key].append(one.facts.bucket)
    return {key: agreed(of) for key, of in fits.items()}


def _taking_part(one: Verdict, common: dict[tuple[bytes, object], Agreed | None]) -> Agreed | None:
    key = _key(one)
    rate = common.get(key) if key is not None else None
    return (
        rate if rate is not None and one.facts.bucket is not None and allows(one.facts.bucket, rate) else None
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
