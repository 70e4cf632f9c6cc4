"""Rivals: what Wehe's rules say of the very pairs that we judge, so that a scoreboard can set them beside ours.

``rules`` holds the rules as frozen records with version and source, ``samples`` turns our ticks into the throughput samples
that Wehe takes, ``statistics`` computes what its server computes, ``decide`` applies a rule to a pair, ``verdict`` to the
pairs of a run, ``judge`` to a collector's store.

What this is not: Wehe itself. Its replays carry a recorded trace at the trace's own rate and last up to 45 s; ours are paced
bulk of 4 or 10 s. The rules are Wehe's, the traffic is ours. What its own client and server did in a lab stands in
``test_lab_numbers.py``.
"""
