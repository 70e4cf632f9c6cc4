"""From a file to a report."""

import hashlib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from analysis.stats.token_bucket import BucketFit
from analysis.trace.agreed import Agreed, agreed, allows, same_bucket
from analysis.trace.capture import Read, packets
from analysis.trace.chunks import FEWEST_PACKETS, chunks_of, homes_of
from analysis.trace.connections import followed
from analysis.trace.report import REPORT_VERSION, Report, chunk_judged
from analysis.trace.verdict import AS_THE_OTHERS, Verdict, verdict
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
    verdicts = _with_the_others(verdicts)
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
        copies=read.copies,
        chunks=tuple(sorted(records, key=lambda record: (record.start, record.source, record.destination))),
    )


def _with_the_others(verdicts: list[Verdict]) -> list[Verdict]:
    """Losses of one moment are a policer's if they agree, in rate and bucket, with chunks that stand by themselves."""
    known: dict[tuple[bytes, object], list[BucketFit]] = defaultdict(list)
    for one in verdicts:
        if one.rule.mechanism == "policer" and one.facts.bucket is not None:
            known[_limiter(one)].append(one.facts.bucket)
    return [
        replace(one, rule=AS_THE_OTHERS)
        if one.rule.id == "one_moment"
        and AS_THE_OTHERS.holds(one.facts)
        and _agrees(one, known[_limiter(one)])
        else one
        for one in verdicts
    ]


def _agrees(one: Verdict, others: list[BucketFit]) -> bool:
    fit = one.facts.bucket
    if fit is None or not others or not same_bucket(fit, others):
        return False
    return any(allows(fit, other.rate_byte_s) for other in others)


def _limiter(one: Verdict) -> tuple[bytes, object]:
    """The home's limiter, or one of the direction alone."""
    direction = one.chunk.direction
    return direction.destination[0], None if one.facts.together else (direction.source, direction.destination)


def _common(verdicts: list[Verdict]) -> dict[tuple[bytes, object], Agreed | None]:
    fits: dict[tuple[bytes, object], list[BucketFit]] = defaultdict(list)
    for one in verdicts:
        if one.rule.mechanism == "policer" and one.facts.bucket is not None:
            fits[_limiter(one)].append(one.facts.bucket)
    return {key: agreed(of) for key, of in fits.items()}


def _taking_part(one: Verdict, common: dict[tuple[bytes, object], Agreed | None]) -> Agreed | None:
    fit, rate = one.facts.bucket, common.get(_limiter(one))
    if one.rule.mechanism != "policer" or fit is None or rate is None:
        return None
    return rate if allows(fit, rate.rate_byte_s) else None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
