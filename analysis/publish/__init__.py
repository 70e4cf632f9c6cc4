"""Publish: what a look at the store comes down to, written where boards read it.

``hours`` makes cell-hours of at least five lines, ``results`` findings and their states, ``fleet`` coverage and health,
``compared`` matrix and parity; ``surfaces`` decides what is inside and what is public. ``command`` writes it all through
the collector's one writer.
"""
