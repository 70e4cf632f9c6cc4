"""Direct: what the nettests without pairs met, read by rule (integrity.md 7). Observations, no e-values.

``place`` says in a responder's words where a result is from. ``sights`` reads a stored result as one home's sight of a
service: an honest one, or a false answer. ``rule`` counts sights of the same false answer by network, and says which of
the rule's conditions hold and which do not. ``reach`` is the rule for reachability, ``fetched`` that of fetch
(difference in differences with a placebo rank), ``late`` that of latency. ``command`` asks all of them.
"""
