"""Checking a public bundle, offline: bytes, signed tree heads, inclusion proofs, counts, and everything that rounded features give again."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from analysis.bundle import FINDING, PAIRS, Bundle
from analysis.bundle_checks import catalogue_differs, finding_differs, log_in, manifest_differs
from analysis.bundling import registration_in
from analysis.finding import Finding
from analysis.log import Heads, Logged
from analysis.messages import Trouble
from analysis.open_bundle.claims import UNCHECKED, cell_of, claims_differ
from analysis.open_bundle.form import OTHER_DOMAIN, PublicPair
from analysis.open_bundle.recomputed import again, differing
from analysis.stats.parameters import METRICS
from analysis.verify import says_so

OK: Final = "ok"
ROLES: Final = ("original", "control")


class PublicChecked(msgspec.Struct, frozen=True, kw_only=True):
    """A public bundle, checked. It holds if nothing is ``damaged`` and nothing ``differs``.

    ``in_log`` of ``pairs`` stand in a signed tree (the others' hours were not sealed yet); ``keys`` (SHA-256, hex) signed the heads:
    compare them with the operator's. ``log_e`` is that of each hypothesis, from rounded features. ``unchecked`` are the claims that this
    form cannot show (``claims.UNCHECKED``); ``log`` says since when the registration is named in the log.
    """

    finding_id: str
    cell: str
    damaged: dict[str, str]
    differs: tuple[str, ...] = ()
    pairs: int = 0
    in_log: int = 0
    keys: tuple[str, ...] = ()
    log_e: dict[str, float] = {}
    unchecked: tuple[str, ...] = UNCHECKED
    registration_sha256: str = ""
    responder_keys: bool = False
    log: Logged = Logged()
    catalogue: bool = False

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
    registered, digest, parameters = registration_in(opened)
    if finding.metric not in METRICS:
        raise Trouble(
            "finding.unreadable", path=f"{opened.path}/{FINDING}", detail=f"metric {finding.metric!r}"
        )
    pairs = list(opened.lines(PAIRS, PublicPair))
    heads, log = log_in(opened, registered, digest)
    made = again(cell_of(finding), pairs, finding.metric, parameters)
    differs = [
        *([] if digest == finding.registration_sha256 else ["registration_sha256"]),
        *manifest_differs(opened, finding, len(pairs)),
        *finding_differs(opened, finding),
        *catalogue_differs(opened, registered),
        *heads.bad,
        *_not_in_log(pairs, heads),
        *_counts(pairs, finding),
        *claims_differ(finding, registered, parameters, pairs, dict(made.log_e)),
        *differing(made, finding, parameters),
        *([] if says_so(finding, parameters) else ["sentences"]),
    ]
    return PublicChecked(
        finding_id=finding.finding_id,
        cell=cell_of(finding).text(),
        damaged={},
        differs=tuple(differs),
        pairs=len(pairs),
        in_log=sum(pair.leaf is not None for pair in pairs),
        keys=heads.keys,
        log_e=dict(made.log_e),
        registration_sha256=digest,
        responder_keys=bool(registered.responder_keys),
        log=log,
        catalogue=opened.catalogue() is not None,
    )


def _not_in_log(pairs: Sequence[PublicPair], heads: Heads) -> list[str]:
    """Lines whose leaf does not lead to the root of its seal, or that name a leaf twice."""
    seen: set[tuple[int, str]] = set()
    wrong = []
    for number, pair in enumerate(pairs, 1):
        if pair.leaf is None:
            continue
        place = pair.leaf
        if not heads.holds(place):
            wrong.append(f"{PAIRS} line {number}: not in seal {place.seal}")
        if (place.seal, place.leaf) in seen:
            wrong.append(f"{PAIRS} line {number}: leaf twice")
        seen.add((place.seal, place.leaf))
    return wrong


def _counts(pairs: Sequence[PublicPair], finding: Finding) -> list[str]:
    """Where what can be counted is not what the finding says."""
    counting = [pair for pair in pairs if pair.discarded_by is None]
    discards = Counter(pair.discarded_by for pair in pairs if pair.discarded_by not in (None, OTHER_DOMAIN))
    failures = {role: _failures(pair.failures[at] for pair in counting) for at, role in enumerate(ROLES)}
    lines = len({pair.line for pair in counting})
    found: dict[str, tuple[object, object]] = {
        "pairs": (len(counting), finding.pairs),
        "homes": (lines, finding.homes),
        "clusters": (lines, finding.clusters),
        "keys": (len({pair.home for pair in counting}), finding.keys),
        "asns": (dict(Counter(pair.network for pair in counting)), finding.asns),
        "discards": (dict(discards), finding.discards),
        "failures": (failures, finding.failures),
    }
    if all(pair.struck is not None for pair in pairs):  # bundles of before have only the first
        besides = Counter(rule for pair in pairs for rule in pair.struck or () if rule != pair.discarded_by)
        told = {} if finding.also_struck is msgspec.UNSET else finding.also_struck
        found["also_struck"] = (dict(besides), told)
    return [f"{name}: {here} != {there}" for name, (here, there) in found.items() if here != there]


def _failures(said: Iterable[str | None]) -> dict[str, int]:
    """Failures counted, in order; runs that ended well or were not tried are none."""
    return dict(sorted(Counter(one for one in said if one is not None and one != OK).items()))
