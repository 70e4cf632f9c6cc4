"""While the operator changes keys, a responder honours grants by both, and by nobody else's."""

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.signing import public_bytes
from probe.wire.messages import Open
from tests.support.knock import refusal, signed_opening
from tests.support.responder import running_responder


def test_a_grant_by_either_key(tmp_path):
    """The first key's grant and the second's open a pair; a third key's does not."""
    second, third = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    with running_responder(tmp_path, second_operator_key=public_bytes(second).hex()) as far:
        asked = [
            refusal(far, Open(msgspec.Raw(signed_opening(far, grant=grant))))
            for grant in (far.grant(), far.grant(by=second), far.grant(by=third))
        ]
    assert [None, None, "bad_grant"] == asked
