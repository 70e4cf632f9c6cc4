"""The measurement: the one contract between probe, responder, collector and analysis.

A replay's measurement is one *pair*: an original and a control, back to back, in an order and under a
control name that a *coin* decided which neither end could choose (``coin``). The responder opens it with a
signed *ticket* and closes it with a signed *statement* that holds a receipt for each run (``ticket``,
``receipt``). The probe adds what it saw (``run``, ``pair``), wraps it in an envelope (``envelope``) and signs
the exact bytes it will send (``signing``); SHA-256 of those bytes is the ``measurement_id``.

Conventions (architecture.md, "Measurement"): frozen Structs; the unit is in the name; old fields stay for
ever and new ones have defaults; unknown fields are accepted; unknown, not applicable and zero are different
things, so absence is ``None``, never -1. Bytes are base64 in JSON. Times that end in ``_at_us`` are
microseconds since 1970 UTC, others are microseconds since the start of what they time.
"""
