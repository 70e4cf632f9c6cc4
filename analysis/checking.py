"""``isonomia-analysis bundle`` and ``verify``: what they do, apart from the words of the command line."""

import argparse
from random import SystemRandom
from zipfile import is_zipfile

import msgspec

from analysis.bundle import Bundle
from analysis.bundling import check, pack
from analysis.bundling import same_on_other_cpu as bundle_on_other_cpu
from analysis.entering import the_finding
from analysis.messages import Trouble, say
from analysis.open_bundle.check import check_public
from analysis.open_bundle.pack import pack_public
from analysis.verify import same_on_other_cpu, verify
from analysis.words import Language

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
    if opened.manifest.form == "public":
        return _verify_public(opened, options, language)
    checked = check(options.finding)
    holds = checked.holds
    if options.json:
        return (0 if holds else DIFFERS), [msgspec.json.encode(checked).decode()]
    lines = [
        say("bundle.damaged", language, name=name, detail=detail) for name, detail in checked.damaged.items()
    ]
    one = checked.verified
    if one is not None:
        text = "verify.holds" if one.holds else "verify.differs"
        differs = " ; ".join(one.differs)
        lines.append(say("bundle.whole", language))
        lines.append(say(text, language, cell=one.cell, finding_id=one.finding_id, differs=differs))
        if one.holds and one.other_code:
            lines.append(say("verify.other_code", language))
    if options.other_cpu and not checked.damaged:
        same, features = bundle_on_other_cpu(options.finding)
        holds = holds and same
        text = "verify.same_cpu" if same else "verify.other_bytes"
        lines.append(say(text, language, features=" ".join(features) or "–"))
    return (0 if holds else DIFFERS), lines


def _verify_public(opened: Bundle, options: argparse.Namespace, language: Language) -> tuple[int, list[str]]:
    """Check a bundle's public form."""
    checked = check_public(opened)
    code = 0 if checked.holds else DIFFERS
    if options.json:
        return code, [msgspec.json.encode(checked).decode()]
    lines = [
        say("bundle.damaged", language, name=name, detail=detail) for name, detail in checked.damaged.items()
    ]
    if checked.damaged:
        return code, lines
    values = msgspec.structs.asdict(checked) | {
        "differs": " ; ".join(checked.differs),
        "log_e": ", ".join(f"{side} {value:.2f}" for side, value in checked.log_e.items()),
    }
    lines.append(say("bundle.whole", language))
    lines.append(say("bundle.public_holds" if checked.holds else "bundle.public_differs", language, **values))
    if checked.keys:
        lines.append(say("bundle.keys", language, keys=" ".join(checked.keys)))
    if checked.in_log < checked.pairs:
        lines.append(say("bundle.not_sealed", language, count=checked.pairs - checked.in_log))
    return code, [*lines, say("bundle.public_limits", language)]


def run_verify(options: argparse.Namespace, language: Language) -> tuple[int, list[str]]:
    """Verify a file's findings, or a bundle: the exit code, and what to print."""
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
    if options.json:
        lines = [msgspec.json.encode(found).decode()]
    if options.other_cpu:
        same, features = same_on_other_cpu(options.finding, options.store, options.registration)
        holds = holds and same
        text = "verify.same_cpu" if same else "verify.other_bytes"
        lines.append(say(text, language, features=" ".join(features) or "–"))
    return (0 if holds else DIFFERS), lines
