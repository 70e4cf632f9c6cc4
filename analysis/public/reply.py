"""What to say in a reply's place where no text is at hand: one rule, for pages and boards. Pure, and imports nothing."""

from collections.abc import Container


def reply_code(states: Container[str], *, certificate: bool) -> str:
    """A code, of which the surfaces have the words (``reply.<code>``); ``states`` are all that the finding went through.

    >>> reply_code({"notified", "silent"}, certificate=False), reply_code((), certificate=True)
    ('silent', 'certificate')
    """
    if certificate and "notified" not in states:
        return "certificate"
    if "replied" in states:
        return "to_come"
    if "silent" in states:
        return "silent"
    return "waiting" if "notified" in states else "not_notified"
