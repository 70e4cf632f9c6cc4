"""Checking a public bundle, offline: bytes, signed tree heads, inclusion proofs, counts, and the evidence again from rounded features."""

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

import msgspec

from analysis.bundle import FINDING, HEADS, PAIRS, Bundle
from analysis.bundling import registration_in
from analysis.finding import Finding
from analysis.messages import Trouble
from analysis.open_bundle.form import LOG_E_WITHIN, OTHER_DOMAIN, PublicPair, SignedHead
from analysis.sentences import with_sentences
from analysis.stats.cell import cell_evidence
from analysis.stats.home import home_evidence
from analysis.stats.pair import HYPOTHESES, pair_table
from analysis.stats.parameters import Parameters
from collector.merkle import root_from
from collector.messages import Trouble as CollectorTrouble
from collector.sealed import Head, open_head
from probe.measurement.signing import Signed

OK: Final = "ok"
ROLES: Final = ("original", "control")
LONG: Final = "long"
KEY_DIGITS: Final = 32


class PublicChecked(msgspec.Struct, frozen=True, kw_only=True):
    """A public bundle, checked. It holds if nothing is ``damaged`` and nothing ``differs``.

    ``in_log`` of ``pairs`` stand in a signed tree (the others' hours were not sealed yet); ``keys`` (SHA-256, hex) signed the heads:
    compare them with the operator's. ``log_e`` is that of the hypothesis of the finding, from rounded features.
    """

    finding_id: str
    cell: str
    damaged: dict[str, str]
    differs: tuple[str, ...] = ()
    pairs: int = 0
    in_log: int = 0
    keys: tuple[str, ...] = ()
    log_e: dict[str, float] = {}

    @property
    def holds(self) -> bool:
        """Whether every byte is there and everything that can be checked comes out."""
        return not self.damaged and not self.differs


def check_public(opened: Bundle) -> PublicChecked:
    """Everything that a public bundle lets anybody check; raises ``Trouble`` for files that cannot be read."""
    damaged = opened.damaged()
    if damaged:
        return PublicChecked(finding_id=opened.manifest.finding_id, cell="", damaged=damaged)
    finding = opened.decoded(FINDING, Finding)
    _, digest, parameters = registration_in(opened)
    pairs = list(opened.lines(PAIRS, PublicPair))
    heads, keys, bad_heads = _heads(opened)
    log_e = _log_e(pairs, parameters)
    differs = [
        *([] if digest == finding.registration_sha256 else ["registration_sha256"]),
        *bad_heads,
        *_not_in_log(pairs, heads),
        *_counts(pairs, finding),
        *_evidence(log_e, finding),
        *([] if with_sentences(finding, parameters).sentences == finding.sentences else ["sentences"]),
    ]
    return PublicChecked(
        finding_id=finding.finding_id,
        cell=f"{finding.brand}/{finding.technology}/{finding.plan_class}/{finding.service}/{finding.direction}",
        damaged={},
        differs=tuple(differs),
        pairs=len(pairs),
        in_log=sum(pair.leaf is not None for pair in pairs),
        keys=tuple(sorted(keys)),
        log_e=log_e,
    )


def _heads(opened: Bundle) -> tuple[dict[int, Head], set[str], list[str]]:
    """Heads by seal, the keys that signed them, and which are not what they say."""
    heads: dict[int, Head] = {}
    keys: set[str] = set()
    bad: list[str] = []
    for one in opened.lines(HEADS, SignedHead):
        try:
            key = msgspec.json.decode(one.content, type=Signed).key
            head, _ = open_head(one.content, HEADS, key)
        except (CollectorTrouble, msgspec.MsgspecError, UnicodeDecodeError):
            bad.append(f"head of seal {one.seal}: signature")
            continue
        if head.serial == one.seal:
            heads[one.seal] = head
            keys.add(sha256(key).hexdigest()[:KEY_DIGITS])
        else:
            bad.append(f"head of seal {one.seal}: is of seal {head.serial}")
    return heads, keys, bad


def _not_in_log(pairs: Sequence[PublicPair], heads: dict[int, Head]) -> list[str]:
    """Lines whose leaf does not lead to the root of its seal, or that name a leaf twice."""
    seen: set[tuple[int, str]] = set()
    wrong = []
    for number, pair in enumerate(pairs, 1):
        if pair.leaf is None:
            continue
        place = pair.leaf
        head = heads.get(place.seal)
        if head is None or not _leads_to(head, place.index, place.leaf, place.proof):
            wrong.append(f"{PAIRS} line {number}: not in seal {place.seal}")
        if (place.seal, place.leaf) in seen:
            wrong.append(f"{PAIRS} line {number}: leaf twice")
        seen.add((place.seal, place.leaf))
    return wrong


def _leads_to(head: Head, index: int, leaf: str, proof: Sequence[str]) -> bool:
    try:
        return (
            root_from(bytes.fromhex(leaf), index, head.leaves, [bytes.fromhex(one) for one in proof])
            == head.root
        )
    except ValueError:
        return False


def _counts(pairs: Sequence[PublicPair], finding: Finding) -> list[str]:
    """Where what can be counted is not what the finding says."""
    counting = [pair for pair in pairs if pair.discarded_by is None]
    discards = Counter(pair.discarded_by for pair in pairs if pair.discarded_by not in (None, OTHER_DOMAIN))
    failures = {role: _failures(pair.failures[at] for pair in counting) for at, role in enumerate(ROLES)}
    found = {
        "pairs": (len(counting), finding.pairs),
        "homes": (len({pair.line for pair in counting}), finding.homes),
        "keys": (len({pair.home for pair in counting}), finding.keys),
        "discards": (dict(discards), finding.discards),
        "failures": (failures, finding.failures),
    }
    return [f"{name}: {here} != {there}" for name, (here, there) in found.items() if here != there]


def _failures(said: Iterable[str | None]) -> dict[str, int]:
    """Failures counted, in order; runs that ended well or were not tried are none."""
    return dict(sorted(Counter(one for one in said if one is not None and one != OK).items()))


def _log_e(pairs: Sequence[PublicPair], parameters: Parameters) -> dict[str, float]:
    """Ln E of each hypothesis, from the rounded features; raises ``Trouble`` for a line that counts and has none."""
    counting = [pair for pair in pairs if pair.discarded_by is None]
    features = [pair.features for pair in counting if pair.features is not None]
    if len(features) < len(counting):
        raise Trouble("finding.unreadable", path=PAIRS, detail="a pair that counts has no features")
    if not counting:
        return {side: 0.0 for side in HYPOTHESES}  # noqa: C420 - a dict of str, not of the hypotheses alone
    number = {line: index for index, line in enumerate(sorted({pair.line for pair in counting}))}
    table = pair_table(
        [one.numbers() for one in features],
        [number[pair.line] for pair in counting],
        long=[pair.variant == LONG for pair in counting],
        evening=[parameters.is_evening(pair.local_hour) for pair in counting],
    )
    return {
        side: cell_evidence(home_evidence(table, parameters, side, clusters=len(number)), parameters).log_e
        for side in HYPOTHESES
    }


def _evidence(log_e: dict[str, float], finding: Finding) -> list[str]:
    """Where rounded features give another ln E than rounding explains, or the other side of the bar."""
    differs = []
    for side, recorded in (("slowed", finding.log_e_slowed), ("favoured", finding.log_e_favoured)):
        if abs(log_e[side] - recorded) > LOG_E_WITHIN * max(1.0, abs(recorded)):
            differs.append(f"log_e_{side}: {log_e[side]:.3f}, recorded {recorded:.3f}")
    return differs
