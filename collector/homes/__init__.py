"""Homes: who may measure, and on whose word (integrity.md 5 and 9).

A home is a line with one long-lived key, which signs a key a quarter. Whoever comes is enrolled (``admission``:
open), or must show an invitation, or waits until the operator has approved. Invitations (``codes``) name the channel
through which a home was recruited; an invited or approved home is vetted. What the operator decided stands in
``homes.sqlite`` (``book``) with a ledger of every change; ``lines`` tells which homes seem to share a line.
A home leaves by its own word: ``withdrawal`` takes its rows out of the hot store at once, ``purge`` out of the archive.
"""
