"""Observe: a stored measurement becomes an observation, by pure functions.

``opened`` checks signatures and decodes, ``open_lean`` reads only what is needed of a row that was checked before; ``block``
lays many side by side, ``numbers`` turns their runs and pairs into columns as ``features`` says of one, and ``observation`` puts
them into one ``record`` per measurement. Nothing here judges: whether a pair counts is said by ``analysis.quality``, from
a view of the pair that cannot tell its labels.
"""
