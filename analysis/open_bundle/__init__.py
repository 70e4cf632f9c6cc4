"""The public form of an evidence bundle (evidence.md, "The bundle"): what a finding rests on, without whom.

``form`` says what is in it, ``pack`` makes it from the sealed form and the store's public log, ``check`` verifies it offline. Whoever has
it can see that each pair stood in a signed tree, count again, and compute the evidence again from rounded features; only the
sealed form shows the signatures.
"""
