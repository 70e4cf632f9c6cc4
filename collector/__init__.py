"""The collector: takes in signed measurements, keeps their exact bytes, and never loses one it accepted.

A document travels one way. ``decompress`` and ``ingest`` turn bytes into a *candidate* or a *rejection*, with
no I/O; ``intake`` hands a candidate to the ``hot_store``, whose one writer thread commits it to the file of
the hour; only then is "accepted" said. ``plan`` signs what probes are asked to do, ``enrolment`` and
``roster`` know who they are, ``tickets`` takes the responders' reports, and ``reader`` gives the analysis
its rows. Hours that are over are sealed into the archive by a process beside it (``seal``), and ``archive`` gives
both back as one. ``routes`` is the list of doors, ``wiring`` puts the parts together, ``cli`` is what an operator types.

No address of a peer enters any file or log.
"""
