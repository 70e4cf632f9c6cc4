"""Observe: a stored measurement becomes an observation, by pure functions.

``opened`` checks signatures and decodes, ``open_lean`` reads only what is needed of a row that was checked before; both lay the ticks
down ``packed``. ``facts`` takes what a document says and begins its ``record``; the document is let go. ``block`` lays many pairs side by
side, ``numbers`` turns them into columns as ``features`` says of one, and ``observation`` finishes the records. Nothing here judges:
whether a pair counts is said by ``analysis.quality``, from a view of the pair that cannot tell its labels.
"""
