"""Publish: what a look at the store comes down to, written where boards read it.

``hours`` makes cell-hours of at least five lines, days, hours of the day and weekdays, ``trend`` the changes in them, ``results`` findings and
their states, ``fleet`` coverage and health, ``compared`` matrix and parity, ``comparison`` providers side by side, ``reach`` reachability by cause,
``practices`` what providers declare, ``method`` the strip at each board's foot. ``beside`` reads what observations leave out; ``surfaces`` decides what
is inside and what is public; ``command`` writes it all through the collector's one writer.
"""
