"""The responder: the far end of every replay, and the witness that signs what it saw.

``isonomia-probe respond --config FILE`` runs it. One port, any number of addresses, any server name, one
certificate. ``door`` fixes the listener's settings before anybody knocks; ``serve`` speaks the protocol of
``probe/wire``; ``seats`` says who may be connected; ``book`` keeps tickets (``entry``); ``bounds`` counts what they
cost; ``sender`` sends; ``line`` tells whose line a peer is and forgets the address; ``receipts`` says what was
seen; ``kept`` says it again to who asks again; ``digests`` reports tickets by the hour.

What governs a transfer comes from the ticket alone. The ClientHello is kept as raw bytes and parsed after the
last byte was sent: ``serve`` and ``sender`` import no parser, and a test holds them to it.
"""
