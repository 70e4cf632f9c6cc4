"""The record of a finding: what a hash of it covers. Pure.

A finding's id covers its registration, its cell and its measurements, not what it says of them. The ledger of states therefore holds
the SHA-256 of the record itself, words and numbers, and only that record is shown under its state.
"""

from hashlib import sha256
from typing import Any

import msgspec

from analysis.finding import Finding


def record_sha256(finding: Finding) -> str:
    """SHA-256 (hex) of every field that is not at its default, keys in order.

    Fields are added and never removed: one that is added later, and that the record does not have, leaves its hash as it was.
    """
    return sha256(msgspec.json.encode(_said(finding), order="sorted")).hexdigest()


def _said(value: Any) -> Any:
    """A value without what says nothing."""
    if isinstance(value, msgspec.Struct):
        fields = msgspec.structs.fields(value)
        every = {field.name: (getattr(value, field.name), _default(field)) for field in fields}
        return {
            name: _said(own)
            for name, (own, default) in every.items()
            if own is not msgspec.UNSET and (default is msgspec.NODEFAULT or own != default)
        }
    if isinstance(value, dict):
        return {name: _said(own) for name, own in value.items()}
    if isinstance(value, list | tuple):
        return [_said(own) for own in value]
    return value


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default
