"""Certificates: issued where everything asked for was shown, withheld with its reason wherever one thing is wanting."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest

from analysis.direct.contrary import Against
from analysis.registration import RegisteredNettest
from analysis.stats.simulate import VARIANTS, World
from analysis.stats.simulate_treatments import Treatment
from tests.analysis.simulated import (
    ASN,
    BRAND,
    DUE,
    GATES,
    TWO_RESPONDERS,
    cell,
    channels,
    gate_pairs,
    judged,
    registration,
)

QUIET = World(wifi=0.0, congested=0.0, line_bit_s=60e6)
REGISTERED = registration(gates=GATES, responders=TWO_RESPONDERS)


@pytest.fixture(scope="module")
def world():
    """Forty quiet homes of thirty pairs, and all gates passed."""
    pairs = cell(QUIET, "film", homes=40, pairs=30, seed=1, responders=("r1", "r2"))
    gates = gate_pairs(homes=12, pairs=30)
    return SimpleNamespace(pairs=pairs, gates=gates, every=[*pairs, *gates])


def found(pairs, registered=REGISTERED, **more):
    """The finding of the one service."""
    more.setdefault("vetted", channels(pairs))
    return judged(pairs, registered, **more).findings[0]


def test_what_was_shown_is_said(world):
    """Equivalent, above which pace, to which margin, for which share of homes: in the record and in both languages."""
    one = found(world.every)
    shown = one.certificate
    assert ("equivalent", True, ()) == (one.outcome, shown.issued, shown.wanting)
    assert (0.2, 0.1, 20.0, "replay_tls") == (shown.share, shown.margin, shown.pace_mbit_s, shown.transport)
    assert shown.share_proved <= shown.share
    assert shown.log_e > shown.log_bar
    assert ("2026-10-05", "2026-10-26") < (shown.first_day, shown.last_day)
    english, french = (" ".join(one.sentences[language]) for language in ("en", "fr"))
    for part in (
        "not slowed by more than 10%",
        "below 20 Mbit/s",
        "more than 80% of homes",
        "says nothing above",
        "or 4 s of a connection, nor of several at once",
    ):
        assert part in english
    assert "plus de 80\u202f% des foyers" in french


def test_each_condition_withholds_it(world):
    """Taken away alone, each leaves the cell undetermined, with its own reason in the record and in words."""
    no_pace = msgspec.structs.replace(
        REGISTERED,
        services=tuple(msgspec.structs.replace(s, pace_bit_s=40_000_000) for s in REGISTERED.services),
    )
    one_network = msgspec.structs.replace(REGISTERED, responders=TWO_RESPONDERS[:1])
    without_positive = [pair for pair in world.every if pair.service != "ours"]
    nine = {home: channel for home, channel in channels(world.every).items() if int(home[-6:], 16) < 9}
    withheld = {
        "report_date": found(world.every, now=DUE + timedelta(days=1)),
        "channels": found(world.every, vetted=dict.fromkeys(channels(world.every), "radio")),
        "vetted_homes": found(world.every, vetted=nine),
        "pace": found(world.every, no_pace),
        "responder_networks": found(world.every, one_network),
        "positive_control": found(without_positive),
        "digests": found(world.every, tickets=False),
        "gates": found(world.pairs, msgspec.structs.replace(REGISTERED, gates=())),
    }
    for name, one in withheld.items():
        assert ("undetermined", False) == (one.outcome, one.certificate.issued), name
        assert name in one.certificate.wanting
        assert any(text.startswith("No certificate; wanting") for text in one.sentences["en"])


def another(pair, **more):
    """The same pair once more, otherwise."""
    return msgspec.structs.replace(
        pair, measurement_id=pair.measurement_id + "aa", pair_id=pair.pair_id + "aa", **more
    )


def blocked(pair):
    """The pair with its original blocked."""
    features = msgspec.structs.replace(
        pair.features, d_fail=-1.0, d_thr=None, d_tail=None, d_rtt=None, loss_original=None, loss_control=None
    )
    original = msgspec.structs.replace(pair.original, failure="connect_timeout")
    return msgspec.structs.replace(pair, features=features, original=original)


def test_a_transport_is_named_only_if_its_own_pairs_show_it(world):
    """One blocked pair over QUIC is not named; blocked in earnest there is no certificate; shown in earnest both are named."""
    nettests = tuple(
        RegisteredNettest(nettest, variant)
        for nettest in ("replay_quic", "replay_tls")
        for variant in VARIANTS
    )
    both = msgspec.structs.replace(REGISTERED, nettests=nettests)
    quic = [another(pair, nettest="replay_quic") for pair in world.pairs]
    stray = found([*world.every, blocked(quic[0])], both)
    assert ("equivalent", "replay_tls") == (stray.outcome, stray.certificate.transport)
    assert "replay_quic" not in " ".join(stray.sentences["en"])
    assert "equivalent" != found([*world.every, *map(blocked, quic)], both).outcome
    shown = found([*world.every, *quic], both)
    assert ("equivalent", "replay_quic/replay_tls") == (shown.outcome, shown.certificate.transport)


def test_originals_that_fail_more_often_are_not_equal():
    """One original in twenty reset, at enough homes to acquit it of being slowed, withholds the certificate; one home's own filter does not."""
    rng = np.random.default_rng(5)
    pairs = cell(QUIET, "film", homes=40, pairs=100, seed=1, responders=("r1", "r2"))
    gates = gate_pairs(homes=12, pairs=100)
    reset = [blocked(pair) if rng.random() < 0.05 else pair for pair in pairs]
    one = found([*reset, *gates])
    assert ("undetermined", ("failures",)) == (one.outcome, one.certificate.wanting)
    assert "fail no more often" in " ".join(one.sentences["en"])
    home = pairs[0].home
    filtered = [blocked(pair) if pair.home == home and rng.random() < 0.5 else pair for pair in pairs]
    assert ("equivalent", ()) == ((two := found([*filtered, *gates])).outcome, two.certificate.wanting)


def at_responder(pair, responder, key_of):
    """The pair as if that responder had signed it."""
    return msgspec.structs.replace(pair, responder=responder, responder_key=key_of[responder])


def test_one_pair_at_another_responder_is_no_second_network(world):
    """Nearly all at one responder and a pair at the unpublished one: two networks were not tried in earnest."""
    key_of = {pair.responder: pair.responder_key for pair in world.pairs}
    one_side = [at_responder(pair, "r1", key_of) for pair in world.pairs]
    one_side[50] = at_responder(one_side[50], "r2", key_of)
    one = found([*one_side, *world.gates])
    assert ("undetermined", ("responder_networks",)) == (one.outcome, one.certificate.wanting)


def test_an_upload_needs_a_positive_control_upwards(world):
    """An instrument that is blind upwards, however well it sees downwards, certifies no upload."""
    keys = tuple(msgspec.structs.replace(key, direction="up") for key in REGISTERED.cells)
    both = msgspec.structs.replace(REGISTERED, cells=(*REGISTERED.cells, *keys))
    every = [
        *world.gates,
        *(another(pair, direction="up") for pair in (*world.pairs, *world.gates) if pair.service != "ours"),
    ]
    one: Any = next(f for f in judged(every, both, vetted=channels(every)).findings if f.direction == "up")
    assert "undetermined" == one.outcome
    assert {"positive_control", "gates"} <= set(one.certificate.wanting)
    seeing = [*every, *(another(pair, direction="up") for pair in world.gates if pair.service == "ours")]
    one = next(f for f in judged(seeing, both, vetted=channels(seeing)).findings if f.direction == "up")
    assert not {"positive_control", "gates"} & set(one.certificate.wanting)


def test_what_fetch_met_withholds_a_certificate(world):
    """An object that comes slower on this network, or a false answer there: no certificate; elsewhere, or of another service, it says nothing."""
    for against, outcome in (
        (Against("fetch", "film", ASN[BRAND]), "undetermined"),
        (Against("false_answer", "film", ASN[BRAND]), "undetermined"),
        (Against("fetch", "film", 64999), "equivalent"),
        (Against("fetch", "news", ASN[BRAND]), "equivalent"),
    ):
        one = found(world.every, contrary=frozenset({against}))
        assert outcome == one.outcome
        if outcome == "undetermined":
            assert ("nothing_contrary",) == one.certificate.wanting[:1]
            assert (f"{against.rule} AS64500",) == one.certificate.against


def test_a_guilty_network_is_never_certified():
    """Slowed in a third of homes, by a tenth everywhere, in the evening or late: different or undetermined, not equal."""
    gates = gate_pairs(homes=12, pairs=30)
    for seed, treatment in enumerate(
        (
            Treatment("police", 4e6, share_of_homes=0.33),
            Treatment("slow", factor=0.9),
            Treatment("police", 4e6, hours=(18.0, 23.0)),
            Treatment("after_then_police", 4e6, after_s=5.0),
        )
    ):
        guilty = cell(
            replace(QUIET, treatment=treatment),
            "film",
            homes=40,
            pairs=30,
            seed=seed,
            responders=("r1", "r2"),
        )
        assert "equivalent" != found([*guilty, *gates]).outcome


def test_a_positive_control_of_other_weeks_is_none(world):
    """The throttle of ours must have been found in the very weeks of which the certificate speaks."""
    week = 7 * 86_400_000_000
    late = [
        msgspec.structs.replace(pair, opened_at_us=pair.opened_at_us + 5 * week)
        if pair.service == "ours"
        else pair
        for pair in world.every
    ]
    assert "positive_control" in found(late).certificate.wanting


def test_not_measured_is_not_equal():
    """A cell without pairs has no certificate at all."""
    one = found([], registration())
    assert ("undetermined", None) == (one.outcome, one.certificate)
