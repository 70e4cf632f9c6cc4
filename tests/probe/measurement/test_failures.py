"""The list of failures, and the scrubbing of what is not in it."""

import re

import pytest

from probe.measurement.failures import FAILURES, LAYER, OK, is_known, unknown

LINES = (
    "192.0.2.7",
    "192.0.2.7:443",
    "('192.0.2.7', 443)",
    "::1",
    "2001:db8::1",
    "2001:db8::",
    "[2001:db8::1]:443",
    "2001:0db8:0000:0000:0000:0000:0000:0001",
    "2001:DB8:0:1:1:1:1:1",
    "::ffff:192.0.2.7",
    "64:ff9b::192.0.2.7",
    "fe80::1%eth0",
    "a8:5e:45:12:34:56",
)
LEFT = re.compile(r"192\.0|2001|db8|DB8|::|fe80|5e:45|64:ff|eth0")


@pytest.mark.parametrize("line", LINES)
def test_no_address_survives_in_an_unknown_failure(line):
    """Every way to write an address, alone or in a sentence, becomes <line>."""
    for text in (line, f"no route to {line}", f"from {line} to host", f"peer={line};x", f"<{line}>"):
        failure = unknown(OSError(text))
        assert "<line>" in failure, failure
        assert not LEFT.search(failure), failure


def test_an_unknown_failure_is_short_and_names_its_type():
    """Type and text, at most 120 characters of it; scrubbed before it is cut, so that no half address stays."""
    assert "unknown_failure: OSError boom" == unknown(OSError("boom"))
    assert "unknown_failure: KeyError" == unknown(KeyError()).rstrip()
    long = unknown(OSError("x" * 118 + " 192.0.2.7"))
    assert len("unknown_failure: OSError ") + 120 == len(long)
    assert "192" not in long


def test_the_list_is_closed():
    """What is in the list or well-formed unknown is known; a typo is not."""
    assert all(is_known(name) for name in FAILURES)
    assert is_known(unknown(OSError("boom")))
    assert not is_known("tls_rest")
    assert OK in FAILURES


def test_every_layer_is_one_of_four():
    """A name's first word is its layer, for all but ok and what the responder itself said."""
    assert {"connect", "tls", "quic", "http", "start", "transfer"} == set(LAYER.values())
    assert {OK, "responder_refused", "protocol_error", "answered_by_other"} == set(FAILURES) - set(LAYER)
