"""Looking at a service's own server: one bounded request through the gate, phase by phase.

``lookup`` turns the name into an address, ``hop`` makes one connection and one request on it, ``look`` follows
redirects and writes the record, ``failures`` names what went wrong, ``page`` and ``certificates`` read what came back.
Whatever the network does is in the record; nothing here judges.
"""
