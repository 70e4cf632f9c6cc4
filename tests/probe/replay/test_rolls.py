"""A probe whose documents wait has, with its last pair's statement, the responder's word on all of them."""

import random
import socket
from dataclasses import replace

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.roll import MOST_ENTRIES, Roll, entry_of, holds
from probe.measurement.signing import ROLL, Signed, open_signed, public_bytes, sign
from probe.nettests import replay_tls
from probe.rolls import Rolls
from tests.support.documents import key_from
from tests.support.responder import ethernet_net, lab_net


def test_the_roll_of_the_last_pair_holds_those_before_it(far, tmp_path):
    """Three pairs: the roll beside the spool holds their statements, and not the sentinel's, which nobody asks it for; forgotten, it begins anew."""
    net = replace(ethernet_net(), rolls=Rolls(tmp_path / "rolls"))

    def measured(sentinel=False):
        params = replace(far.params(duration_ms=30), sentinel=sentinel)
        statement = replay_tls.run(net, params).pair.statement
        assert statement is not None
        return entry_of(statement)

    def entries():
        (text,) = net.rolls.all()
        return open_signed(msgspec.json.decode(text, type=Signed), ROLL, Roll).entries

    made = [measured(), measured(sentinel=True), measured()]
    assert all(holds(entries(), one) for one in made)
    assert 3 * 32 == len(entries())
    net.rolls.forget()
    last = measured()
    assert last == entries()


class Narrow(socket.socket):
    """A line that carries no message longer than a packet."""

    def sendall(self, data, *flags):
        """As ``socket.sendall``."""
        if len(data) > 1448:
            raise ConnectionResetError
        super().sendall(data, *flags)


def narrow(address, timeout_s):
    """As ``Net.connect``."""
    sock = Narrow()
    sock.settimeout(timeout_s)
    sock.connect(address)
    return sock


def test_a_roll_that_does_not_get_through_costs_no_statement(far, tmp_path):
    """The pair is closed without it, and the roll is as it was."""
    net = lab_net(rolls=Rolls(tmp_path / "rolls"), connect=narrow)
    key = Ed25519PrivateKey.from_private_bytes((far.folder / "state/responder.key").read_bytes())
    entries = random.Random(1).randbytes(MOST_ENTRIES * 32)
    roll = msgspec.Raw(msgspec.json.encode(sign(key, ROLL, Roll(entries))))
    net.rolls.keep(public_bytes(far.quarter_key), far.responder.key, roll)
    assert replay_tls.run(net, far.params(duration_ms=30)).pair.statement is not None
    assert [bytes(roll).decode()] == net.rolls.all()


def test_the_next_quarters_key_begins_a_roll_of_its_own(far, tmp_path):
    """The responder never gets to see that the two are one home's."""
    net = lab_net(rolls=Rolls(tmp_path / "rolls"))
    replay_tls.run(net, far.params(duration_ms=30))
    (before,) = net.rolls.all()
    far.quarter_key, old = key_from(random.Random(9)), far.quarter_key
    try:
        statement = replay_tls.run(net, far.params(duration_ms=30)).pair.statement
    finally:
        far.quarter_key = old
    (mine,) = set(net.rolls.all()) - {before}
    roll = open_signed(msgspec.json.decode(mine, type=Signed), ROLL, Roll)
    assert statement is not None
    assert entry_of(statement) == roll.entries
