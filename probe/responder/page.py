"""The one page for who comes without a ticket: at most 1 kB, French and English."""

from html import escape

from probe.wire.http_answer import answer

LARGEST_BYTES = 1000
LONGEST_CONTACT = 40
"""Characters; the longest escape makes six bytes of one, and the contact stands there twice."""

_TEXT = (
    "<!doctype html><meta charset=utf-8><title>Isonomia</title>"
    "<p lang=fr>Ce serveur mesure si les fournisseurs d’accès traitent tous les contenus également. "
    "Il ne répond qu’aux sondes de volontaires et ne garde aucune adresse. Contact : {contact}"
    "<p lang=en>This server measures whether internet providers treat all content equally. "
    "It answers volunteers’ probes only and keeps no address. Contact: {contact}"
)


def page(contact: str) -> bytes:
    """A whole HTTP/1.1 response, at most ``LARGEST_BYTES`` long."""
    body = _TEXT.format(contact=escape(contact[:LONGEST_CONTACT]) or "–").encode()
    headers = (("Content-Type", "text/html"), ("Content-Length", str(len(body))), ("Connection", "close"))
    return (answer(headers) + body)[:LARGEST_BYTES]
