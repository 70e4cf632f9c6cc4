"""The envelope is guessed before it is read: whatever comes, the word is the one that a reader who never guesses gives."""

import random

import msgspec
import pytest

from collector import ingest
from collector.documents import guessed, signed
from collector.ingest import Candidate, inspect
from collector.rejections import Rejection
from probe.measurement.signing import MEASUREMENT, Signed, sign

FLIPS = 400


def told(document, intake, now_us, monkeypatch):
    """The pipeline's word with and without the guess."""
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "guessed", lambda _text: None)
        plainly = inspect(document, "", intake, now_us)
    return inspect(document, "", intake, now_us), plainly


def body_of(document):
    """The exact bytes that were signed."""
    return msgspec.json.decode(document, type=Signed).body_bytes()


def odd(document):
    """The document written in other ways, some of them sound, some not."""
    body = body_of(document)
    head = document[: -1 - len(body)]
    last = document.index(b'","signature"') - 2
    return {
        "as it is": document,
        "space behind": document + b" ",
        "space before": b" " + document,
        "space around the body": head + b" " + body + b" }",
        "a field behind": head + body + b',"x":{}}',
        "a field before": b'{"x":{},' + document[1:],
        "the body twice": head + body + b',"body":' + body + b"}",
        "another body first": head + b'{},"body":' + body + b"}",
        "another body behind": head + body + b',"body":{}}',
        "the key twice": head[: -len(b'"body":')] + document[1 : document.index(b',"signature"') + 1] + b'"body":' + body + b"}",
        "no body": head + b"}}",
        "a body that is a list": head + b"[{}]}",
        "cut": document[:-1],
        "too many braces": document + b"}",
        "brackets": head + b"{" + body + b"}}",
        "text that is no UTF-8": head + body[:-1] + b',"x":"\xff"}}',
        "nested deep": head + body[:-1] + b',"x":' + b"[" * 3000 + b"]" * 3000 + b"}}",
        "a key a byte longer": document.replace(b'=","signature"', b'/","signature"', 1),
        "a key with a bit to spare": document[:last] + bytes([document[last] ^ 1]) + document[last + 1 :],
        "a signature misspelt": document.replace(b'==","body":', b'=A","body":', 1),
    }  # fmt: skip


@pytest.mark.parametrize("name", odd(b'{"key":"","signature":"","body":{}}'))
def test_documents_written_oddly(site, intake, monkeypatch, name):
    """Other spellings of an envelope, fields that nobody knows, two bodies: guessing changes neither yes nor no."""
    guessing, plainly = told(
        odd(site.document(intake.plans.current()))[name], intake, site.clock(), monkeypatch
    )
    assert plainly == guessing


def test_documents_with_a_byte_changed(site, intake, monkeypatch):
    """A byte changed, put in, left out, or all from there on gone: the same word; all of them unsound but the few that change nothing."""
    document, rng = site.document(intake.plans.current()), random.Random(21)
    for _ in range(FLIPS):
        at = rng.randrange(len(document)) if rng.random() < 0.6 else rng.randrange(200)
        new = bytes([rng.choice(b'{}[]",:=A0 \\\xff')])
        spoilt = rng.choice(
            (document[:at] + new + document[at + 1 :], document[:at] + new + document[at:], document[:at] + document[at + 1 :], document[:at])
        )  # fmt: skip
        guessing, plainly = told(spoilt, intake, site.clock(), monkeypatch)
        assert plainly == guessing, (at, new)


def test_a_probes_own_document_is_guessed(site, intake):
    """What our probes send takes the short way, and the guess is what reading it says."""
    for document in (
        site.document(intake.plans.current()),
        msgspec.json.encode(sign(site.quarter_key, MEASUREMENT, b"{}")),
    ):
        assert signed(document) == guessed(document)
    assert isinstance(inspect(document, "", intake, site.clock()), Rejection)
    assert isinstance(inspect(site.document(intake.plans.current()), "", intake, site.clock()), Candidate)
