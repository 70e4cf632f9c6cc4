"""Observe: a stored measurement becomes an observation, by pure functions.

``opened`` checks signatures and decodes, ``features`` turns runs into numbers, ``observation`` puts them into one
record per measurement. Nothing here judges: whether a pair counts is said by ``analysis.quality``, from a view of
the pair that cannot tell its labels.
"""
