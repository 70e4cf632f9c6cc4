"""``isonomia-analysis bundle`` and ``verify``: what they do, apart from the words of the command line."""

import argparse
from collections.abc import Iterator
from datetime import timedelta
from random import SystemRandom
from zipfile import is_zipfile

import msgspec

from analysis.bundle import Bundle
from analysis.bundling import Checked, check, pack
from analysis.bundling import same_on_other_cpu as bundle_on_other_cpu
from analysis.direct.asked import checked, checked_lines
from analysis.entering import the_finding
from analysis.log import Logged, log_of
from analysis.messages import Trouble, say
from analysis.open_bundle.check import check_public
from analysis.open_bundle.pack import pack_public
from analysis.registration import digest_of, load
from analysis.source import store_source
from analysis.verify import Verified, same_on_other_cpu, verify
from analysis.words import Language
from collector.quarters import EPOCH
from probe.printable import printable

DIFFERS = 1
"""Exit code where something does not hold."""


def run_bundle(options: argparse.Namespace, language: Language) -> str:
    """Pack one finding; what to print."""
    finding = the_finding(options.finding, options.id)
    if options.form == "public":
        manifest = pack_public(finding, options.store, options.registration, options.out, SystemRandom())
    else:
        manifest = pack(finding, options.store, options.registration, options.out)
    if options.json:
        return msgspec.json.encode(manifest).decode()
    text = "bundle.written_public" if options.form == "public" else "bundle.written"
    return say(text, language, path=options.out, **msgspec.structs.asdict(manifest))


def _verify_bundle(options: argparse.Namespace, language: Language) -> tuple[int, list[str]]:
    """Check a bundle, which needs neither store nor registration."""
    opened = Bundle(options.finding)
    if opened.manifest.form == "direct":
        return _verify_direct(opened, options, language)
    if opened.manifest.form == "public":
        return _verify_public(opened, options, language)
    found = check(options.finding)
    other = _other_registration(options, found.registration_sha256, language)
    holds = found.holds and not other
    if options.json:
        return (0 if holds else DIFFERS), [_as_json(found, holds=holds, other=bool(other))]
    lines = [
        say("bundle.damaged", language, name=name, detail=detail) for name, detail in found.damaged.items()
    ]
    if found.verified is not None:
        lines += [*_sealed_lines(found, found.verified, language), *other]
    if options.other_cpu and not found.damaged:
        same, features = bundle_on_other_cpu(options.finding)
        holds = holds and same
        text = "verify.same_cpu" if same else "verify.other_bytes"
        lines.append(say(text, language, features=" ".join(features) or "–"))
    return (0 if holds else DIFFERS), lines


def _verify_direct(opened: Bundle, options: argparse.Namespace, language: Language) -> tuple[int, list[str]]:
    """Check a bundle of results without pairs."""
    found = checked(opened, options)
    other = _other_registration(options, found.registration_sha256, language)
    holds = found.holds and not other
    code = 0 if holds else DIFFERS
    if options.json:
        return code, [_as_json(found, holds=holds, other=bool(other))]
    return code, [*checked_lines(found, language), *other]


def _as_json(found: msgspec.Struct, *, holds: bool, other: bool) -> str:
    """What was found of a bundle, its answer first; ``other``: it is of another registration than the one that was given."""
    facts = {"holds": holds, "other_registration": other, **msgspec.to_builtins(found)}
    return msgspec.json.encode(facts).decode()


def _sealed_lines(found: Checked, one: Verified, language: Language) -> Iterator[str]:
    """Line by line, what holds of a sealed bundle whose files are whole."""
    yield say("bundle.whole", language)
    text = "verify.holds" if one.holds else "verify.differs"
    yield say(text, language, cell=one.cell, finding_id=one.finding_id, differs=" ; ".join(one.differs))
    if found.differs:
        yield say("bundle.contradicts", language, differs=" ; ".join(found.differs))
    if one.holds and one.other_code:
        yield say("verify.other_code", language)
    yield from log_lines(found.registration_sha256, found.log, language, before=found.before_seal)
    yield say("bundle.in_log", language, in_log=found.in_log, measurements=found.measurements)
    if found.conflicts_alone:
        yield say("bundle.conflicts_alone", language, count=found.conflicts_alone)
    if found.keys:
        yield say("bundle.keys", language, keys=" ".join(found.keys))
    if not found.responder_keys:
        yield say("log.no_keys", language)
    if not found.catalogue:
        yield say("bundle.no_catalogue", language)


def _other_registration(options: argparse.Namespace, digest: str, language: Language) -> list[str]:
    """A line where the registration that was given is not the bundle's. Its bytes are enough: who had it from the operator has one file."""
    if options.registration is None or not digest:
        return []
    given = digest_of(options.registration)
    return [] if given == digest else [say("log.other_registration", language, given=given, found=digest)]


def log_lines(digest: str, log: Logged, language: Language, *, before: int | None = None) -> Iterator[str]:
    """What the log says of a registration; ``before``: how many pairs were opened before it was named there."""
    yield say("log.registration", language, sha256=digest)
    if log.sealed_at_us is None:
        yield say("log.not_sealed", language)
    else:
        at = (EPOCH + timedelta(microseconds=log.sealed_at_us)).isoformat(timespec="seconds")
        text = "log.sealed_only" if before is None else "log.sealed"
        yield say(text, language, at=at, seal=log.seal, before=before)
    if log.others:
        yield say("log.others", language, others=" ".join(log.others))


def _verify_public(opened: Bundle, options: argparse.Namespace, language: Language) -> tuple[int, list[str]]:
    """Check a bundle's public form."""
    found = check_public(opened)
    other = _other_registration(options, found.registration_sha256, language)
    holds = found.holds and not other
    code = 0 if holds else DIFFERS
    if options.json:
        return code, [_as_json(found, holds=holds, other=bool(other))]
    lines = [
        say("bundle.damaged", language, name=name, detail=detail) for name, detail in found.damaged.items()
    ]
    if found.damaged:
        return code, lines
    values = msgspec.structs.asdict(found) | {
        "differs": " ; ".join(found.differs),
        "log_e": ", ".join(f"{side} {value:.2f}" for side, value in found.log_e.items()),
    }
    lines.append(say("bundle.whole", language))
    lines.append(say("bundle.public_holds" if found.holds else "bundle.public_differs", language, **values))
    lines += [*log_lines(found.registration_sha256, found.log, language), *other]
    if found.keys:
        lines.append(say("bundle.keys", language, keys=" ".join(found.keys)))
    if found.in_log < found.pairs:
        lines.append(say("bundle.not_sealed", language, count=found.pairs - found.in_log))
    if not found.responder_keys:
        lines.append(say("log.no_keys", language))
    if not found.catalogue:
        lines.append(say("bundle.no_catalogue", language))
    unchecked = ", ".join(say(f"unchecked.{name}", language) for name in found.unchecked)
    return code, [*lines, say("bundle.public_limits", language, unchecked=unchecked)]


def run_verify(options: argparse.Namespace, language: Language) -> tuple[int, list[str]]:
    """Verify a file's findings, or a bundle: the exit code, and what to print.

    What a finding is called is its writer's word: with controls in it, it could wipe what is said of it off the screen.
    """
    code, lines = _verify(options, language)
    return code, lines if options.json else [printable(line) for line in lines]


def _verify(options: argparse.Namespace, language: Language) -> tuple[int, list[str]]:
    if is_zipfile(options.finding):
        return _verify_bundle(options, language)
    if options.store is None or options.registration is None:
        raise Trouble("verify.needs_store")
    found = verify(options.finding, options.store, options.registration, keep_going=options.keep_going)
    holds = all(one.holds for one in found)
    lines: list[str] = []
    for one in found:
        lines.append(
            say(
                "verify.holds" if one.holds else "verify.differs",
                language,
                cell=one.cell,
                finding_id=one.finding_id,
                differs=" ; ".join(one.differs),
            )
        )
        if one.withdrawn:
            lines.append(say("verify.withdrawn", language, n=one.withdrawn, whole=one.homes))
        if one.holds and one.other_code:
            lines.append(say("verify.other_code", language))
    registered, digest, _ = load(options.registration)
    log = log_of(store_source(options.store), digest, registered.quarter)
    lines += log_lines(digest, log, language)
    if options.json:
        lines = [msgspec.json.encode(found).decode()]
    if options.other_cpu:
        same, features = same_on_other_cpu(options.finding, options.store, options.registration)
        holds = holds and same
        text = "verify.same_cpu" if same else "verify.other_bytes"
        lines.append(say(text, language, features=" ".join(features) or "–"))
    return (0 if holds else DIFFERS), lines
