"""Direct: what dns and fetch met at the services' own addresses, read by rule (integrity.md 7). Observations, no e-values.

``sights`` reads a stored result as one home's sight of a service: an honest one, or a false answer. ``rule`` counts sights of
the same false answer by network, and says which of the rule's conditions hold and which do not.
"""
