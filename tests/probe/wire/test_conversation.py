"""The conversation's table, its frames, and what is done about nonsense."""

import random
from itertools import product

import msgspec
import pytest

from probe.wire.conversation import (
    TABLE,
    Conversation,
    LocalProtocolError,
    NotOurProtocol,
    RemoteProtocolError,
    State,
)
from probe.wire.messages import (
    LARGEST_CLIENT_FRAME,
    LARGEST_SERVER_FRAME,
    Close,
    Closed,
    Going,
    Open,
    Opened,
    Ready,
    Refused,
    Reveal,
    Start,
)

RAW = msgspec.Raw(b'{"a": 1}')
CLIENT = {
    Open: Open(RAW),
    Reveal: Reveal(bytes(16), bytes(32)),
    Start: Start(bytes(16), 1),
    Close: Close(bytes(16)),
}
SERVER = {
    Opened: Opened(RAW, 1, 2),
    Ready: Ready(),
    Going: Going(),
    Closed: Closed(RAW, RAW),
    Refused: Refused("used", "twice"),
}
# The protocol's README as code: what may be said in which state, and what follows. Written by hand, not derived.
ALLOWED = {
    ("idle", "Open"): "opening",
    ("opening", "Opened"): "opened",
    ("opening", "Refused"): "done",
    ("opened", "Reveal"): "revealing",
    ("revealing", "Ready"): "done",
    ("revealing", "Refused"): "done",
    ("idle", "Start"): "starting",
    ("starting", "Going"): "bulk",
    ("starting", "Refused"): "done",
    ("idle", "Close"): "closing",
    ("closing", "Closed"): "done",
    ("closing", "Refused"): "done",
}
PLACES = list(product(State, {**CLIENT, **SERVER}.items()))


def frame(body: bytes) -> bytes:
    """A frame around ``body``."""
    return len(body).to_bytes(4, "big") + body


def at(role, state: State) -> Conversation:
    """A conversation that stands in ``state``."""
    conversation = Conversation(role)
    conversation.state = state
    return conversation


def test_the_table_is_the_readme():
    """The table holds the twelve moves of the specification and no more."""
    assert ALLOWED == {(state.value, kind.__name__): after.value for (state, kind), after in TABLE.items()}


@pytest.mark.parametrize(("state", "kind_message"), PLACES, ids=lambda v: getattr(v, "value", None))
def test_saying_what_the_state_forbids_is_our_own_fault(state, kind_message):
    """Every (state, message) of both roles: allowed and moved on, or LocalProtocolError and nothing changed."""
    kind, message = kind_message
    for role, own in (("client", CLIENT), ("server", SERVER)):
        conversation = at(role, state)
        after = ALLOWED.get((state.value, kind.__name__))
        if after and kind in own:
            assert frame(msgspec.json.encode(message)) == conversation.send(message)
            assert after == conversation.state.value
        else:
            with pytest.raises(LocalProtocolError):
                conversation.send(message)
            assert state is conversation.state


@pytest.mark.parametrize(("state", "kind_message"), PLACES, ids=lambda v: getattr(v, "value", None))
def test_hearing_what_the_state_forbids_is_the_far_ends_fault(state, kind_message):
    """Every (state, message) of both roles: heard and moved on, or RemoteProtocolError; in bulk all is payload."""
    kind, message = kind_message
    wire = frame(msgspec.json.encode(message))
    for role, others in (("client", SERVER), ("server", CLIENT)):
        conversation = at(role, state)
        after = ALLOWED.get((state.value, kind.__name__))
        if state is State.BULK:
            assert ([], wire) == (conversation.receive(wire), conversation.trailing)
        elif after and kind in others:
            assert [message] == conversation.receive(wire)
            assert after == conversation.state.value
        else:
            with pytest.raises(RemoteProtocolError):
                conversation.receive(wire)
            assert state is conversation.state


@pytest.mark.parametrize("message", [*CLIENT.values(), *SERVER.values()], ids=lambda m: type(m).__name__)
def test_a_frame_may_come_in_any_pieces(message):
    """Cut once at every byte boundary, and dribbled byte by byte, a frame gives the same message."""
    state = next(State(s) for s, kind in ALLOWED if kind == type(message).__name__)
    role = "server" if type(message) in CLIENT else "client"
    wire = frame(msgspec.json.encode(message))
    for cut in range(1, len(wire)):
        conversation = at(role, state)
        assert [] == conversation.receive(wire[:cut])
        assert [message] == conversation.receive(wire[cut:])
    conversation = at(role, state)
    assert [message] == [m for n in range(len(wire)) for m in conversation.receive(wire[n : n + 1])]


def test_bulk_behind_going_is_kept_wherever_it_is_cut():
    """What follows the Going frame is bulk to the last byte, even if it looks like frames."""
    wire = frame(msgspec.json.encode(Going())) + frame(msgspec.json.encode(Ready())) + b"\0\0"
    bulk = wire[4 + len(msgspec.json.encode(Going())) :]
    for cut in range(len(wire) + 1):
        probe = at("client", State.STARTING)
        heard = probe.receive(wire[:cut]) + probe.receive(wire[cut:])
        assert ([Going()], bulk) == (heard, probe.trailing)


@pytest.mark.parametrize(
    ("role", "state", "largest"),
    [("server", State.IDLE, LARGEST_CLIENT_FRAME), ("client", State.CLOSING, LARGEST_SERVER_FRAME)],
)
def test_oversize_is_refused_from_the_header_alone(role, state, largest):
    """One byte over the limit is refused before any of it is held; the limit itself is waited for."""
    assert [] == at(role, state).receive(largest.to_bytes(4, "big"))
    with pytest.raises(RemoteProtocolError, match=f"{largest + 1} bytes; the largest allowed is {largest}"):
        at(role, state).receive((largest + 1).to_bytes(4, "big"))


NONSENSE = {
    "empty": b"",
    "no JSON": b"hello",
    "no object": b"[1]",
    "no type": b"{}",
    "another type": b'{"type":"dance"}',
    "a list as type": b'{"type":[]}',
    "too short an id": b'{"type":"start","pair_id":"AAAA","order":0}',
    "a third run": b'{"type":"start","pair_id":"AAAAAAAAAAAAAAAAAAAAAA==","order":2}',
    "no UTF-8": b'{"type":"start","pair_id":"\xff\xff","order":0}',
    "no UTF-8 as type": b'{"type":"\xff"}',
    "nested too deep": b'{"x":' + b"[" * 8000,
    "a huge number": b'{"type":"start","order":' + b"9" * 4000 + b"}",
    "a NUL": b"\0",
}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
@pytest.mark.parametrize("role", ["client", "server"])
def test_a_frame_of_nonsense_is_the_far_ends_fault(role, body):
    """Whatever stands in a frame, the error is RemoteProtocolError, never Python's own."""
    with pytest.raises(RemoteProtocolError):
        at(role, State.STARTING if role == "client" else State.IDLE).receive(frame(body))


@pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01", b"SSH-2.0", b"\xff", b"{"])
def test_who_speaks_another_protocol_is_told_apart_at_the_first_byte(first):
    """A first byte that is not 0 is NotOurProtocol, with what came; later the same bytes are only an error."""
    with pytest.raises(NotOurProtocol) as caught:
        Conversation("server").receive(first)
    assert first == caught.value.data
    with pytest.raises(RemoteProtocolError) as later:
        at("server", State.OPENED).receive(first + bytes(4))
    assert not isinstance(later.value, NotOurProtocol)


def test_random_streams_raise_protocol_errors_alone():
    """Six thousand streams of noise and of mutated frames, in random pieces: messages or RemoteProtocolError."""
    rng = random.Random(20261121)
    wires = [frame(msgspec.json.encode(m)) for m in (*CLIENT.values(), *SERVER.values())]
    heard = 0
    for _ in range(6000):
        stream = bytearray(rng.choice(wires) + rng.choice(wires))
        for _ in range(rng.choice((0, 1, 1, 3, 10))):
            stream[rng.randrange(len(stream))] = rng.randrange(256)
        if rng.random() < 0.2:
            stream = bytearray(rng.randbytes(rng.randrange(64)))
        conversation = at(rng.choice(("client", "server")), rng.choice(list(State)))
        try:
            while stream:
                size = rng.randrange(1, 40)
                heard += len(conversation.receive(bytes(stream[:size])))
                del stream[:size]
        except RemoteProtocolError:
            continue
    assert heard > 100, "some of it must have been understood"
