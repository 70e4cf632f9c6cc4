"""A far end that closes before the handshake is through has ended it, whichever way this Python says so."""

import ssl

import pytest

from probe.look.failures import failure_of
from probe.wire.tls import ENDED, TlsChannel, client_context


@pytest.mark.parametrize("error", [ssl.SSLEOFError, ssl.SSLZeroReturnError])
def test_both_words_of_python_mean_an_end(error):
    """3.11.2 raises another error than 3.11.7, and a blocked service has one failure on both."""
    assert "tls_eof" == failure_of("tls", error(8, "closed"))


def test_this_python_says_it_in_one_of_them():
    """A handshake whose other end closed after the ClientHello raises one of ENDED."""
    channel = TlsChannel(client_context(), "radio.example")
    assert not channel.handshake()
    channel.feed(memoryview(b""))
    with pytest.raises(ENDED):
        channel.handshake()
