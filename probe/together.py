"""Together: what waits in the spool, under one signature when it is sent at once.

Each measurement was signed when it was made. In a batch those of our own key bear a signature that they share
(``measurement.shared``) in its place, so that the collector verifies one and not fifty. The bodies, and with them
the ids by which everything is named and answered, stay what they were; the spool keeps its own copies.
"""

from collections.abc import Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from probe.measurement.shared import MOST_SHARED
from probe.measurement.signing import MEASUREMENT, BadSignature, Signed, public_bytes, sign_together, verify


def under_one_signature(key: Ed25519PrivateKey, documents: Sequence[bytes]) -> list[bytes]:
    """``documents`` in their order, those that ``key`` signed with a signature that they share.

    What another key signed (an earlier quarter's) stays as it is, and so does what does not verify: nothing is signed
    here that was not signed before. A signature that few would share is not worth its way.
    """
    read = [msgspec.json.decode(document, type=Signed) for document in documents]
    public = public_bytes(key)
    ours = [n for n, signed in enumerate(read) if signed.key == public and _is_good(signed)][:MOST_SHARED]
    sent = list(documents)
    if len(ours) > 1:
        for n, signed in zip(ours, sign_together(key, [read[n].body_bytes() for n in ours]), strict=True):
            sent[n] = msgspec.json.encode(signed)
    return sent


def _is_good(signed: Signed) -> bool:
    try:
        verify(signed, MEASUREMENT)
    except BadSignature:
        return False
    return True
