"""Errands: the light nettests of a visit (dns, fetch, reachability, latency), beside its one heavy pair.

``facts`` says what each nettest is; ``quiet`` and ``idle_rtt`` whether the line is fit to measure on; ``visit`` what a
visit may still spend; ``child`` runs a nettest in a process of its own; ``runner`` does one errand after the other
within all of that, and ``document`` signs what came of it. ``doctor`` tells what this machine can and cannot measure.
"""
