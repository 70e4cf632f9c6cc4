"""Quality: which pairs do not count, decided without knowing which run was the original (detection.md 4.3).

Each rule looks at a ``BlindPair``: two runs in the order in which they ran, without role, name or address. The coin
made that order, so it carries no label; a rule that treats the two alike therefore discards a pair whatever its
labels. That an original failed is a result and never a reason: every rule on a run's quality holds for runs that
finished, or for what happened inside the responder's own pinned TLS.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec

from analysis.observe.block import Block
from analysis.observe.corroborated import LIMITS, corroborated
from analysis.observe.facts import PairFacts, RunFacts
from analysis.observe.open_lean import AnyOpened
from probe.measurement.receipt import Path

LATE_SHARE: Final = 0.05
CPU_SHARE: Final = 0.9
FIRST: Final = "2026-11-21"
CPU_AT_LEAST_US: Final = 1_000_000
"""CPU time over a bulk of milliseconds is mostly the handshake's, and says nothing."""


class BlindRun(msgspec.Struct, frozen=True, gc=False):
    """One run without its label. ``late_share`` is that of the sender's ticks, ``None`` where there are none.

    ``corroborated``: whether the responder's receipt and ticks bear out a run that went well; true for any other.
    """

    failure: str
    cpu_share: float | None
    duration_us: int | None
    has_series: bool
    forward: bool
    late_share: float | None
    corroborated: bool

    @property
    def ok(self) -> bool:
        """Whether the run reached its end."""
        return self.failure == "ok"


class BlindPair(msgspec.Struct, frozen=True, gc=False):
    """A pair without its labels. ``outage_ruled_out``: both runs failed after a good sentinel. ``paths`` are those of the runs; the closing one's too where a run was not seen."""

    runs: tuple[BlindRun, ...]
    closed: bool
    paths: frozenset[Path]
    address_family: str
    conflict: bool
    outage_ruled_out: bool = False

    def either(self, wrong: Callable[[BlindRun], bool]) -> bool:
        """Whether ``wrong`` holds for a run, whichever it is."""
        for run in self.runs:  # noqa: SIM110 - asked millions of times, and any() costs twice this
            if wrong(run):
                return True
        return False


@dataclass(frozen=True)
class Rule:
    """A reason to discard a pair. ``fr`` and ``en`` say it to a person; ``limit`` enters the registered hash.

    ``since`` is the day from which it holds as it stands (UTC): who changes what it discards changes that, and the limit.
    """

    id: str
    fr: str
    en: str
    discards: Callable[[BlindPair], bool]
    limit: str = ""
    since: str = FIRST


def blind(opened: AnyOpened) -> BlindPair:
    """The pair as the rules may see it."""
    return blind_block(Block([opened]))[0]


def blind_block(block: Block) -> list[BlindPair]:
    """The pairs of a block as the rules may see them."""
    series = block.readable.tolist(), block.forward.tolist()
    runs = list(map(_blind_run, block.runs, *series, corroborated(block)))
    return [_blind(pair, runs) for pair in block.pairs]


def _blind(pair: PairFacts, runs: Sequence[BlindRun]) -> BlindPair:
    return BlindPair(
        runs=tuple([runs[run.at] for run in pair.runs]),
        closed=pair.closed,
        paths=pair.paths,
        address_family=pair.record.address_family,
        conflict=pair.conflict,
        outage_ruled_out=pair.outage_ruled_out,
    )


def _blind_run(run: RunFacts, has_series: bool, forward: bool, borne_out: bool) -> BlindRun:
    record = run.record
    return BlindRun(
        failure=record.failure,
        cpu_share=record.cpu_share,
        duration_us=record.duration_us,
        has_series=has_series,
        forward=forward,
        late_share=run.late_share,
        corroborated=borne_out,
    )


def _path_changed(pair: BlindPair) -> bool:
    """Two paths that differ in network, address family or line; or one that is not of the ticket's family."""
    for path in pair.paths:
        if path.address_family != pair.address_family:
            return True
    return len(pair.paths) > 1 and len({(path.asn, path.line_tag) for path in pair.paths}) > 1


def _refused(run: BlindRun) -> bool:
    return run.failure == "responder_refused"


def _garbled(run: BlindRun) -> bool:
    return run.failure == "protocol_error"


def _late(run: BlindRun) -> bool:
    return run.late_share is not None and run.late_share > LATE_SHARE


def _busy(run: BlindRun) -> bool:
    lasted = (run.duration_us or 0) >= CPU_AT_LEAST_US
    return lasted and run.cpu_share is not None and run.cpu_share > CPU_SHARE


def _no_series(run: BlindRun) -> bool:
    return run.ok and not (run.has_series and run.forward and (run.duration_us or 0) > 0)


def _uncorroborated(run: BlindRun) -> bool:
    return not run.corroborated


RULES: Final[tuple[Rule, ...]] = (
    Rule(
        "conflict",
        "le ticket a servi à deux mesures différentes",
        "the ticket was used by two different measurements",
        lambda pair: pair.conflict,
    ),
    Rule(
        "aborted",
        "la paire a été interrompue avant son second transfert",
        "the pair was aborted before its second run",
        lambda pair: len(pair.runs) < 2,
    ),
    Rule(
        "no_statement",
        "pas de relevé signé du répondeur pour les deux transferts",
        "no signed statement of the responder on both runs",
        lambda pair: not pair.closed and not pair.outage_ruled_out,
    ),
    Rule(
        "path_changed",
        "réseau, famille d’adresses ou ligne ont changé pendant la paire",
        "network, address family or line changed within the pair",
        _path_changed,
        "asn, address_family, line_tag",
    ),
    Rule(
        "responder_refused",
        "le répondeur a refusé un des transferts",
        "the responder refused one of the runs",
        lambda pair: pair.either(_refused),
    ),
    Rule(
        "protocol_error",
        "le répondeur a parlé autre chose que notre protocole",
        "the responder spoke something else than our protocol",
        lambda pair: pair.either(_garbled),
    ),
    Rule(
        "sender_late",
        "l’émetteur n’avait plus rien à envoyer à plus de 5 % des relevés",
        "the sender had nothing left to send at over 5 % of ticks",
        lambda pair: pair.either(_late),
        f"share > {LATE_SHARE}",
    ),
    Rule(
        "probe_busy",
        "la sonde manquait de processeur (plus de 90 %)",
        "the probe was short of CPU (over 90 %)",
        lambda pair: pair.either(_busy),
        f"cpu_share > {CPU_SHARE} over >= {CPU_AT_LEAST_US} us",
    ),
    Rule(
        "no_series",
        "un transfert abouti n’a pas de durée ou pas de relevés lisibles",
        "a finished run has no duration or no readable ticks",
        lambda pair: pair.either(_no_series),
    ),
    Rule(
        "uncorroborated",
        "le relevé du répondeur ne confirme pas un transfert abouti (nom, ClientHello, adresse, relevés ou octets)",
        "the responder's receipt does not bear out a finished run (name, ClientHello, address, ticks or bytes)",
        lambda pair: pair.either(_uncorroborated),
        LIMITS,
        "2026-11-22",
    ),
)
"""In order; a pair is counted under the first that holds, and keeps the names of all."""


def struck_by(pair: BlindPair, rules: Sequence[Rule] = RULES) -> tuple[str, ...]:
    """The ids of all rules that discard ``pair``, in order; none if it counts."""
    for rule in rules:
        if rule.discards(pair):
            return tuple([rule.id for rule in rules if rule.discards(pair)])
    return ()  # nearly always, and asked of every pair


def discarded_by(pair: BlindPair, rules: Iterable[Rule] = RULES) -> str | None:
    """The id of the first rule that discards ``pair``, ``None`` if it counts."""
    return next((rule.id for rule in rules if rule.discards(pair)), None)


def rule_ids() -> tuple[str, ...]:
    """The ids of all rules, in order: what a registration names as its exclusions."""
    return tuple(rule.id for rule in RULES)


def rules_sha256() -> str:
    """A hash over ids, meanings and limits: a registration holds it, so that rules cannot change unseen."""
    lines = (f"{rule.id}|{rule.en}|{rule.limit}\n" for rule in RULES)
    return sha256("".join(lines).encode()).hexdigest()
