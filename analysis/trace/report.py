"""What ``isonomia-analysis trace`` hands out: one record a chunk, figures with units in their names, in JSON or sentences.

Rates count whole packets with the link header that the capture shows (on Ethernet 14 bytes), as devices mostly do. Which
bytes a device counts is not known from outside, so intervals are widened: down to the IP packet alone, up to the frame
with preamble, checksum and gap (24 bytes more).
"""

from ipaddress import ip_address
from typing import Final

import msgspec

from analysis.messages import say
from analysis.trace.agreed import Agreed
from analysis.trace.verdict import Verdict
from analysis.words import Language, amount, decimal, interval, percent

REPORT_VERSION: Final = 1
FRAME_BYTES: Final = 24
"""Preamble 8, checksum 4, gap 12: what a frame costs on Ethernet beyond what a capture shows."""
LINK_BYTES: Final = 14
_TYPICAL: Final = 1514


class ChunkJudged(msgspec.Struct, frozen=True, omit_defaults=False):
    """One chunk. None is: not known, or not applicable.

    start: seconds since 1970, UTC, of its first packet; duration_s; source, destination: address and port; bytes: payload
    that arrived or may have; packets: transmissions; losses: transmissions lost; mechanism: policer, shaper, queue (a
    shaper or the line itself), loss (unrelated to any rate), unknown; rule: why; rates in Mbit/s of packets on the
    wire, bucket in bytes (of a shaper: what passes before packets wait; of a queue: how many it holds), with intervals of
    95 %; explained: share of the log-likelihood of the losses that the bucket explains; waited_share: median wait
    of the packets that passed just before losses, as a share of what a queue of this rate would have made them wait;
    together: whether the limit is on the whole home's traffic in the capture; agreed_chunks: chunks whose common rate this
    is, 1 if it is this chunk's own.
    """

    start: float
    duration_s: float
    source: str
    destination: str
    bytes: int
    packets: int
    losses: int
    mechanism: str
    rule: str
    rate_mbit_s: float | None
    rate_low_mbit_s: float | None
    rate_high_mbit_s: float | None
    bucket_bytes: int | None
    bucket_low_bytes: int | None
    bucket_high_bytes: int | None
    explained: float | None
    waited_share: float | None
    together: bool
    agreed_chunks: int | None
    fr: str
    en: str


class Report(msgspec.Struct, frozen=True):
    """A capture: its chunks in order of time, and what was not judged. ``sha256`` is that of the file; ``copies`` were seen twice and
    counted once.
    """

    report_version: int
    code_version: str
    capture: str
    sha256: str
    packets: int
    not_tcp: int
    cut_short: bool
    small_chunks: int
    chunks: tuple[ChunkJudged, ...]
    copies: int = 0


def chunk_judged(one: Verdict, common: Agreed | None) -> ChunkJudged:
    """The record of a verdict; ``common`` is the home's rate, if the chunk takes part in it."""
    facts, chunk = one.facts, one.chunk
    sent = chunk.direction.sent
    t_s = sent.t_s[chunk.span]
    rate, sizes = _rate(one, common), _sizes(one)
    record = ChunkJudged(
        start=round(float(t_s[0]), 6),
        duration_s=round(float(t_s[-1] - t_s[0]), 6),
        source=_name(chunk.direction.source),
        destination=_name(chunk.direction.destination),
        bytes=facts.bytes,
        packets=facts.packets,
        losses=facts.losses,
        mechanism=one.rule.mechanism,
        rule=one.rule.id,
        rate_mbit_s=rate[0],
        rate_low_mbit_s=rate[1],
        rate_high_mbit_s=rate[2],
        bucket_bytes=sizes[0],
        bucket_low_bytes=sizes[1],
        bucket_high_bytes=sizes[2],
        explained=round(facts.bucket.explained, 4) if facts.bucket else None,
        waited_share=round(facts.waits.brink[1], 4) if facts.waits else None,
        together=facts.together,
        agreed_chunks=None if rate[0] is None else common.chunks if common else 1,
        fr="",
        en="",
    )
    return msgspec.structs.replace(record, fr=sentence(record, "fr"), en=sentence(record, "en"))


def _rate(one: Verdict, common: Agreed | None) -> tuple[float | None, float | None, float | None]:
    source = common or (one.facts.bucket if one.rule.rate == "bucket" else one.facts.queue)
    if one.rule.rate is None or source is None:
        return None, None, None
    least = (_TYPICAL - LINK_BYTES) / _TYPICAL
    most = (_TYPICAL + FRAME_BYTES) / _TYPICAL
    bounds = (source.rate_byte_s, source.rate_low * least, source.rate_high * most)
    middle, low, high = (round(bound * 8 / 1e6, 6) for bound in bounds)
    return middle, low, high


def _sizes(one: Verdict) -> tuple[int | None, int | None, int | None]:
    if one.rule.mechanism == "shaper":
        waits = one.facts.waits if one.rule.rate == "bucket" else one.facts.queue and one.facts.queue.waiting
        return (round(waits.allowance_bytes), None, None) if waits else (None, None, None)
    bucket = one.facts.bucket
    if one.rule.rate != "bucket" or bucket is None:
        return None, None, None
    return round(bucket.bucket_bytes), max(0, round(bucket.bucket_low)), round(bucket.bucket_high)


def _name(end: tuple[bytes, int]) -> str:
    address = ip_address(end[0])
    return f"[{address}]:{end[1]}" if address.version == 6 else f"{address}:{end[1]}"


def sentence(record: ChunkJudged, language: Language) -> str:
    """One chunk in words: what was seen, what explains it, what that does not show."""
    rule = f"trace.rule.{record.rule}"
    values: dict[str, object] = {
        "losses": record.losses,
        "packets": record.packets,
        "share": percent(record.losses / max(1, record.packets), language),
    }
    if record.rate_mbit_s is not None:
        values["rate"] = decimal(record.rate_mbit_s, language)
        values["rates"] = interval((record.rate_low_mbit_s or 0.0, record.rate_high_mbit_s or 0.0), language)
        values["bucket"] = amount(record.bucket_bytes or 0, language)
    if record.explained is not None:
        values["explained"] = percent(max(0.0, record.explained), language)
        values["waited"] = percent(max(0.0, record.waited_share or 0.0), language)
    return say(rule, language, **values)


def lines(report: Report, language: Language) -> list[str]:
    """The report for a person: a line a chunk, and what was not judged."""
    first = report.chunks[0].start if report.chunks else 0.0
    out = [
        say("trace.head", language, capture=report.capture, packets=report.packets, chunks=len(report.chunks))
    ]
    for record in report.chunks:
        at = decimal(round(record.start - first, 1), language)
        head = say(
            "trace.chunk", language, at=at, source=record.source, destination=record.destination,
            bytes=amount(record.bytes, language),
        )  # fmt: skip
        out.append(f"{head} {record.fr if language == 'fr' else record.en}")
    if report.small_chunks:
        out.append(say("trace.small", language, count=report.small_chunks))
    if report.copies:
        out.append(say("trace.copies", language, count=report.copies))
    if report.cut_short:
        out.append(say("trace.cut_short", language))
    out.append(say("trace.limits", language))
    return out
