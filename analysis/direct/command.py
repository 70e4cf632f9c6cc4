"""``isonomia-analysis direct``: what the nettests without pairs saw, by rule, in words or in JSON (``rule`` names which)."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from msgspec.structs import replace

from analysis.clusters import NOBODY
from analysis.direct import fetched, late, reach, rule
from analysis.direct.fetched import FetchContrast, Transfer, transfer_of
from analysis.direct.late import Echoes, LateEchoes, echoes_of
from analysis.direct.place import Place, joined_in, lines_of, results
from analysis.direct.reach import Dark, Unreached, Visit, visit_of
from analysis.direct.rule import FalseAnswer
from analysis.direct.sights import Sight, sight_of
from analysis.messages import Trouble, say
from analysis.observe.opened import Resulted
from analysis.words import NARROW, Language, decimal, signed
from probe.measurement.dns_reading import AsnOf, unknown_network
from probe.networks import BadTable, Networks, open_networks

QUARTER: Final = re.compile(r"\d{4}Q[1-4]")


class Damaged(msgspec.Struct, frozen=True, kw_only=True, tag_field="rule", tag="damaged"):
    """Rows that could not be read and were passed over: file, id and what is wrong, each."""

    rows: tuple[str, ...]


Told = FalseAnswer | Unreached | Dark | FetchContrast | LateEchoes | Damaged


@dataclass
class Seen:
    """What one reading of a store found, by rule; ``damaged`` rows were passed over."""

    sights: list[Sight] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    echoes: list[Echoes] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many observations."""
        return len(self.sights) + len(self.visits) + len(self.transfers) + len(self.echoes)


def read(
    store: Path,
    networks: Networks | None = None,
    *,
    quarter: str | None = None,
    until_us: int | None = None,
) -> Seen:
    """All observations in a collector's folder, in one reading; ``networks`` tells those of addresses that were answered.

    ``quarter`` and ``until_us``: see ``place.results``.
    """
    damaged: list[str] = []
    found = results(store, damaged, quarter=quarter, until_us=until_us)
    seen = seen_in(found, networks, joined_in(store))
    seen.damaged += damaged
    return seen


def seen_in(
    found: Iterable[tuple[Resulted, Place]],
    networks: Networks | None = None,
    joined: Mapping[str, str] = NOBODY,
) -> Seen:
    """All observations in results, each on its line; ``joined``: see ``place.lines_of``."""
    seen, places = Seen(), set[Place]()
    asn_of: AsnOf = unknown_network if networks is None else networks.asn
    for resulted, where in found:
        places.add(where)
        seen.sights += sight_of(resulted, where, asn_of)
        seen.visits += filter(None, [visit_of(resulted, where)])
        seen.transfers += filter(None, [transfer_of(resulted, where)])
        seen.echoes += echoes_of(resulted, where)
    line_of = lines_of(places, joined)
    return Seen(
        sights=[replace(one, line=line_of[one.line]) for one in seen.sights],
        visits=[replace(one, line=line_of[one.line]) for one in seen.visits],
        transfers=[replace(one, line=line_of[one.line]) for one in seen.transfers],
        echoes=[replace(one, line=line_of[one.line]) for one in seen.echoes],
    )


def judge(seen: Seen, networks: Networks | None = None) -> tuple[Told, ...]:
    """By each rule in turn."""
    unreached, dark = reach.judge(seen.visits)
    return (
        *rule.judge(seen.sights, None if networks is None else networks.sha256.hex()),
        *unreached,
        *dark,
        *fetched.judge(seen.transfers),
        *late.judge(seen.echoes),
        *([Damaged(rows=tuple(sorted(seen.damaged)))] if seen.damaged else ()),
    )


def lines(
    store: Path,
    language: Language,
    *,
    as_json: bool,
    mmdb: Path | None = None,
    quarter: str | None = None,
) -> list[str]:
    """What is to be printed, of one quarter or of all. Raises ``Trouble`` for a folder that is no collector's, and for a file that is no table of networks."""
    if not (store / "plans").is_dir():
        raise Trouble("store.missing", path=store)
    networks = None if mmdb is None else table_of(mmdb)
    if quarter is not None and QUARTER.fullmatch(quarter) is None:
        raise Trouble("direct.bad_quarter", quarter=quarter)
    seen = read(store, networks, quarter=quarter)
    found = judge(seen, networks)
    if as_json:
        return [msgspec.json.format(msgspec.json.encode(found), indent=1).decode()]
    nothing = [say("direct.none", language, sights=seen.count)] if len(found) == bool(seen.damaged) else []
    return [*nothing, *told_lines(found, language)]


def told_lines(found: Iterable[Told], language: Language) -> Iterator[str]:
    """A line for each observation."""
    return (_line(one, language) for one in found)


def table_of(mmdb: Path) -> Networks:
    """The table of networks in a file; raises ``Trouble``."""
    try:
        return open_networks(mmdb)
    except ImportError as error:
        raise Trouble("direct.no_mmdb_reader", extra="analysis") from error
    except (OSError, BadTable) as error:
        raise Trouble("direct.bad_mmdb", path=mmdb, detail=error) from error


def _line(one: Told, language: Language) -> str:
    if isinstance(one, Damaged):
        separator = "\u00a0; " if language == "fr" else "; "
        return say("direct.damaged", language, count=len(one.rows), rows=separator.join(one.rows))
    facts = {name: getattr(one, name) for name in one.__struct_fields__}
    network = say("direct.unknown", language) if one.network is None else f"AS{one.network}"
    match one:
        case FalseAnswer():
            kind = say(f"direct.kind.{one.kind}", language)
            told = {"kind": kind, "answer": _answer(one), "elsewhere": one.elsewhere_lines}
            state = _state(one.missing, "condition", language)
            return say("direct.answer", language, **{**facts, **told, "network": network, "state": state})
        case Unreached():
            told = {"layer": say(f"direct.layer.{one.layer}", language), "elsewhere": one.elsewhere_lines}
            state = _state(one.missing, "reach", language)
            return say("direct.unreached", language, **{**facts, **told, "network": network, "state": state})
        case Dark():
            day = one.day or say("direct.unknown_day", language)
            return say("direct.dark", language, **{**facts, "network": network, "day": day})
        case FetchContrast():
            slower = f"{signed(100 * math.expm1(one.difference), language, 0)}{NARROW if language == 'fr' else ''}%"
            told = {"percent": slower, "p": decimal(one.p, language)}
            state = _state(one.missing, "fetch", language)
            return say("direct.fetch", language, **{**facts, **told, "network": network, "state": state})
        case LateEchoes():
            names = ("later_ms", "low_ms", "high_ms")
            told = {name: signed(getattr(one, name), language, 1) for name in names}
            told["phase"] = say(f"direct.phase.{one.phase}", language)
            state = _state(one.missing, "late", language)
            return say("direct.late", language, **{**facts, **told, "network": network, "state": state})


def _answer(one: FalseAnswer) -> str:
    """What was answered, with the networks that it is in, where they are known."""
    asns = ", ".join(f"AS{asn}" for asn in one.asns)
    return f"{one.answer[:80]} ({asns})" if asns else one.answer[:80]


def _state(missing: Sequence[str], of: str, language: Language) -> str:
    if not missing:
        return say("direct.complete", language)
    separator = "\u00a0; " if language == "fr" else "; "
    named = separator.join(say(f"direct.{of}.{condition}", language) for condition in missing)
    return say("direct.missing", language, missing=named)
