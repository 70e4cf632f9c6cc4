"""The fleet: which homes are alive, late, out of budget or on old software, and where homes fall silent together.

``glance`` looks at a document for what the fleet view needs; ``grid`` keeps, in ``fleet.sqlite``, for each home and each
six hours whether it was heard and well, silence included, and can be made anew from the documents; ``disruption`` says
when a group's silence is beyond its own history; ``report`` puts it together for the command, the API and the metrics.
It is for the operator alone: a network that it names is a candidate (evidence.md), and no finding.
"""
