"""Nettests: one file each, and one literal dict that names them.

A nettest has a ``NAME``, a ``VERSION`` and ``run(net, params)``, which blocks, returns what it saw and treats
whatever the network did as data. It raises ``CannotRun`` only when it could not measure at all. Deadlines,
budget, envelope, signature and spool are the runner's affair.
"""
