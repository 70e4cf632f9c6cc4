"""``isonomia-analysis``: register, judge, trace, power. Translates and exits; the work is elsewhere.

Exit codes: 0 done, whatever was found; 2 what was asked for is wrong; 3 it cannot be done here, because the store is
damaged or a package is missing.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final, get_args, get_type_hints

import msgspec

from analysis import power
from analysis.messages import Trouble, language_of, say
from analysis.words import Language
from collector.messages import Trouble as CollectorTrouble
from collector.quarters import window_us
from collector.reader import read_plans
from probe.measurement.envelope import Line

UNKNOWN = "unknown"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    language = _language_in(words)
    options = _parser(language).parse_args(words)
    try:
        _COMMANDS[options.command](options, language)
    except Trouble as trouble:
        return _fail(trouble.text(language), trouble.exit_code)
    except CollectorTrouble as trouble:
        return _fail(trouble.text(language), 3)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("numpy", "scipy", "dpkt"):
            raise
        return _fail(say("extra.missing", language, name=error.name.partition(".")[0]), 3)
    return 0


def _fail(text: str, exit_code: int) -> int:
    print(f"isonomia-analysis: {text}", file=sys.stderr)
    return exit_code


def _register(options: argparse.Namespace, language: Language) -> None:
    from analysis import registration

    quarter, dates = (
        _checked_quarter(options.quarter),
        [_checked_date(text) for text in options.report_date or ()],
    )
    if not (options.store / "plans").is_dir():
        raise Trouble("store.missing", path=options.store)
    plans = read_plans(options.store)
    if not plans:
        raise Trouble("store.no_plan", path=options.store)
    asns: dict[str, list[int]] = {}
    for brand, number in map(registration.asn_of, options.asn or ()):
        asns.setdefault(brand, []).append(number)
    drafted = registration.draft(
        plans[-1],
        brands=options.brand or [UNKNOWN],
        technologies=options.technology or [UNKNOWN],
        plan_classes=options.plan_class or [UNKNOWN],
        directions=options.direction or ["down"],
        made_at=datetime.now(UTC),
        asns=asns,
        quarter=quarter,
        report_dates=dates,
    )
    digest = registration.write(drafted, options.out)
    facts = {
        "path": str(options.out),
        "quarter": drafted.quarter,
        "cells": len(drafted.cells),
        "hypotheses": drafted.hypotheses,
        "q": drafted.q,
        "sha256": digest,
        "store": str(options.store),
    }
    print(msgspec.json.encode(facts).decode() if options.json else say("cli.registered", language, **facts))
    for brand in drafted.without_asn:
        print(say("cli.without_asn", language, brand=brand), file=sys.stderr)


def _judge(options: argparse.Namespace, language: Language) -> None:
    from analysis import registration, table
    from analysis.judge import judge

    registered, digest, parameters = registration.load(options.registration)
    judgement = judge(
        options.store,
        registered,
        digest,
        parameters,
        now=datetime.now(UTC),
        full=options.full,
        keep_going=options.keep_going,
    )
    findings = msgspec.json.format(msgspec.json.encode(judgement.findings), indent=1) + b"\n"
    if options.out:
        _write(options.out, findings)
    if options.observations:
        lines = msgspec.json.Encoder().encode_lines(judgement.observations)
        _write(options.observations, lines)
    if options.json:
        sys.stdout.write(findings.decode())
        print("\n".join(table.account(judgement.summary, language)), file=sys.stderr)
    else:
        print("\n".join(table.lines(judgement, language)))


def _trace(options: argparse.Namespace, language: Language) -> None:
    from analysis.trace.judge import judge_capture
    from analysis.trace.report import lines

    report = judge_capture(options.capture)
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=1).decode() + "\n")
    else:
        print("\n".join(lines(report, language)))


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace, Language], None]]] = {
    "register": _register,
    "judge": _judge,
    "trace": _trace,
    "power": power.write_page,
}


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all: a reader never meets half a file."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise Trouble("out.cannot_write", path=path, detail=error.strerror or error) from error


def _checked_quarter(text: str | None) -> str | None:
    if text is not None:
        try:
            window_us(text)
        except ValueError as error:
            raise Trouble("registration.bad_quarter", detail=text) from error
    return text


def _checked_date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Trouble("registration.bad_date", detail=text) from error


def _language_in(words: Sequence[str]) -> Language:
    """``--lang`` decides the language of the help too, so it is looked for before anything is parsed."""
    for flag, value in pairwise(words):
        if flag == "--lang" and value in ("fr", "en"):
            return "fr" if value == "fr" else "en"
    return language_of()


def _parser(language: Language) -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help=say("cli.json", language))
    shared.add_argument("--lang", choices=("fr", "en"), default=language, help=say("cli.lang", language))
    stored = argparse.ArgumentParser(add_help=False, parents=[shared])
    stored.add_argument("--store", type=Path, required=True, metavar="DIR", help=say("cli.store", language))
    parser = argparse.ArgumentParser(prog="isonomia-analysis", description=say("cli.about", language))
    commands = parser.add_subparsers(dest="command", required=True, metavar="register|judge|trace|power")

    register = commands.add_parser("register", parents=[stored], help=say("cli.register", language))
    text = say("cli.out_registration", language)
    register.add_argument("--out", type=Path, required=True, metavar="FILE", help=text)
    register.add_argument("--brand", action="append", metavar="TEXT", help=say("cli.brand", language))
    text = say("cli.asn", language)
    register.add_argument("--asn", action="append", metavar="BRAND=AS64500", help=text)
    choices = {name: get_args(kind) for name, kind in get_type_hints(Line).items()}
    for name in ("technology", "plan_class"):
        register.add_argument(
            f"--{name.replace('_', '-')}",
            action="append",
            choices=choices[name],
            help=say(f"cli.{name}", language),
        )
    text = say("cli.direction", language)
    register.add_argument("--direction", action="append", choices=("down", "up"), help=text)
    register.add_argument("--quarter", metavar="2026Q4", help=say("cli.quarter", language))
    text = say("cli.report_date", language)
    register.add_argument("--report-date", action="append", metavar="DATE", help=text)

    judge = commands.add_parser("judge", parents=[stored], help=say("cli.judge", language))
    text = say("cli.registration", language)
    judge.add_argument("--registration", type=Path, required=True, metavar="FILE", help=text)
    judge.add_argument("--out", type=Path, metavar="FILE", help=say("cli.out", language))
    judge.add_argument("--observations", type=Path, metavar="FILE", help=say("cli.observations", language))
    judge.add_argument("--full", action="store_true", help=say("cli.full", language))
    judge.add_argument("--keep-going", action="store_true", help=say("cli.keep_going", language))

    simulated = commands.add_parser("power", help=say("power.about", language))
    power.add_arguments(simulated, language)
    simulated.add_argument("--lang", choices=("fr", "en"), default=language, help=say("cli.lang", language))

    trace = commands.add_parser(
        "trace",
        parents=[shared],
        help=say("trace.help", language),
        description=say("trace.about", language),
        epilog=say("trace.more", language),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    trace.add_argument("capture", type=Path, metavar="FILE.pcap[.xz]", help=say("trace.file", language))
    return parser


if __name__ == "__main__":
    sys.exit(main())
