"""No peer's address in anything a responder writes: not in its state, not in its output, in no form."""

import base64
import contextlib
import socket

import msgspec

from probe.nettests import replay_tls
from probe.nettests.connection import RunFailed
from probe.wire.messages import Close, Open
from tests.support.knock import knock, open_pair, refusal, start_run
from tests.support.mmdb import write_mmdb
from tests.support.responder import ethernet_net, running_responder

SOURCE = "127.0.0.77"
PACKED = socket.inet_aton(SOURCE)
FORMS = {
    "text": SOURCE.encode(),
    "packed": PACKED,
    "backwards": PACKED[::-1],
    "hexadecimal": PACKED.hex().encode(),
    "base64": base64.b64encode(PACKED).rstrip(b"=")[:5],
    "mapped": b"::ffff:7f00:4d",
    "prefix": b"127.0.0.0/24",
}


def test_no_address_in_any_file_or_output(tmp_path):
    """After whole pairs, refusals, nonsense, resets and floods from one address, no form of it is found."""
    net = ethernet_net(SOURCE)
    table = write_mmdb(tmp_path / "t.mmdb", {"127.0.0.0/8": (64500, "FR")})
    with running_responder(
        tmp_path, mmdb=str(table), collector="http://127.0.0.1:9", digest_every_s=0.2
    ) as far:
        assert far.responder.addresses[0] not in SOURCE
        replay_tls.run(net, far.params())
        assert "bad_opening" == refusal(far, Open(msgspec.Raw(b"{}")), net)
        start_run(far, open_pair(far, net=net), 0, net=net).reset()
        refusal(far, Close(bytes(16)), net)
        for said in (b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x02{}", b"\0\0\0\x03\xff\xff\xff"):
            connection = knock(far, net=net)
            connection.channel.write(said)
            connection.flush()
            with contextlib.suppress(RunFailed):
                connection.hear()
            connection.reset()
        for _ in range(80):
            sock = net.connect((far.responder.addresses[1], far.responder.port), 5)
            sock.close()
        assert 0 == far.stop()
    files = far.files()
    assert any("digests" in str(path) for path in files), "the reports wait on disk for the collector"
    assert any(path.name == "stderr.txt" and data for path, data in files.items())
    for path, data in files.items():
        if path == table or path.suffix in {".key", ".secret"}:
            continue  # the table was ours to begin with; four chance bytes of a secret mean nothing
        for form, needle in FORMS.items():
            assert needle not in data, f"{form} in {path.name}"
