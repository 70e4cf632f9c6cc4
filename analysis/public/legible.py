"""What others wrote, legible and nothing more: no control and no mark of direction leaves in an export."""

from typing import Any

from probe.printable import printable


def without_controls(plain: Any) -> Any:
    r"""``plain`` (dicts, lists, scalars) with each text printable, line by line.

    >>> without_controls({"title": "Obs\u202eervatory", "text": ["a\x07\nb"]})
    {'title': 'Observatory', 'text': ['a\nb']}
    """
    if isinstance(plain, str):
        if plain.isprintable():  # nothing to take away: most texts, and ten times sooner
            return plain
        return "\n".join(printable(line) for line in plain.split("\n"))
    if isinstance(plain, dict):
        return {name: without_controls(value) for name, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [without_controls(value) for value in plain]
    return plain
