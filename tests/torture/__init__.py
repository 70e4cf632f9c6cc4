"""Torture: a real collector, sealer, broker and two probes, and faults of every kind at random moments.

``make torture`` does 200 faults and prints its seed; the tests do ten. ``world`` starts the parts and mends them,
``faults`` breaks them, ``prober`` is a probe that keeps a journal, ``judge`` decides after each round whether
anything was lost or doubled, ``leaks`` whether any file that the set left knows a home's address.
"""
