"""Refuted: which run of a pair the responder does not bear out is told, and where it is one label's it certifies nothing."""

from typing import Any

import msgspec

from analysis.refuted import refuted_of
from tests.analysis.simulated import GATES, TWO_RESPONDERS, cell, channels, gate_pairs, judged, registration
from tests.analysis.test_certificate import QUIET
from tests.analysis.worlds import POLICED, World

AHEAD_BYTES = 1_000_000


def split(world: World, measurement: Any, role: str) -> Any:
    """The measurement through a proxy that acknowledges the runs of one label ahead of the home, by what it holds itself."""

    def ahead(run: Any) -> Any:
        ticks = run.responder_ticks
        if run.role != role or ticks is None:
            return run
        acked = tuple(b + AHEAD_BYTES if n else b for n, b in enumerate(ticks.bytes_acked))
        sent = tuple(map(max, ticks.wire_bytes, acked)) if ticks.wire_bytes else ticks.wire_bytes
        return msgspec.structs.replace(
            run, responder_ticks=msgspec.structs.replace(ticks, bytes_acked=acked, wire_bytes=sent)
        )

    def more(statement: Any) -> Any:
        receipts = tuple(
            msgspec.structs.replace(receipt, wire_bytes=receipt.wire_bytes + AHEAD_BYTES)
            if run.role == role and receipt.wire_bytes is not None
            else receipt
            for receipt, run in zip(statement.receipts, measurement.pair.runs, strict=True)
        )
        return msgspec.structs.replace(statement, receipts=receipts)

    return world.restated(world.change(measurement, ahead), more)


def test_a_throttle_inside_a_splitting_proxy_is_told():
    """Every original of eight homes is acknowledged ahead: no pair counts and nobody is accused, but it is said that it was the original."""
    world = World(homes=8)
    pairs = [split(world, world.treated(home, POLICED), "original") for _ in range(3) for home in range(8)]
    one = next(one for one in world.judged(pairs).findings if one.service == POLICED)
    assert ("invalid", 0, 0) == (one.outcome, one.grade, one.pairs)
    assert ({"original": 24}, {"uncorroborated": 24}) == (one.uncorroborated_by, one.discards)
    english, french = (" ".join(one.sentences[language]) for language in ("en", "fr"))
    assert "the original alone in 24" in english
    assert "That is no chance" in english
    assert "n’est pas un hasard" in french
    assert "says nothing of how" not in english


def test_either_label_alike_is_told_and_no_more():
    """Half originals, half controls, as a proxy on all connections does by chance: counted, and no word of a difference."""
    world = World(homes=8)
    pairs = [
        split(world, world.treated(home, POLICED), ("original", "control")[(n + home) % 2])
        for n in range(3) for home in range(8)
    ]  # fmt: skip
    one = next(one for one in world.judged(pairs).findings if one.service == POLICED)
    assert {"control": 12, "original": 12} == one.uncorroborated_by
    assert "That is no chance" not in " ".join(one.sentences["en"])


def test_it_bars_a_certificate():
    """A pair in thirty-three of which the original alone was refuted, on every line, speaks against it; either label alike does not."""
    pairs = cell(QUIET, "film", homes=40, pairs=33, seed=1, responders=("r1", "r2"))
    gates = gate_pairs(homes=12, pairs=30)
    registered = registration(gates=GATES, responders=TWO_RESPONDERS)
    ordered = sorted(pairs, key=lambda one: (one.home, one.opened_at_us))
    for labels, contrary in ((("original", "original"), True), (("original", "control"), False)):
        some = [
            msgspec.structs.replace(
                pair, discarded_by="uncorroborated", features=None, notes=(f"refuted: {labels[n // 33 % 2]}",)
            )
            if n % 33 == 5
            else pair
            for n, pair in enumerate(ordered)
        ]
        every = [*some, *gates]
        one = judged(every, registered, vetted=channels(every)).findings[0]
        told = one.uncorroborated_by
        assert isinstance(told, dict)
        assert 40 == sum(told.values())
        wanting = () if one.certificate is None else one.certificate.wanting
        assert contrary == ("nothing_contrary" in wanting)


def test_each_line_has_one_voice():
    """Thirty pairs of one home are one voice."""
    pairs = cell(QUIET, "film", homes=1, pairs=30, seed=1)
    told = [
        msgspec.structs.replace(pair, discarded_by="uncorroborated", notes=("refuted: original",))
        for pair in pairs
    ]
    assert ({"original": 30}, False) == ((seen := refuted_of(told, {})).by, seen.uneven)
