"""``isonomia-analysis``: register, judge, verify, bundle, parity, state, export, publish, trace, direct, power. Translates and exits; the work is elsewhere.

Exit codes: 0 done, whatever was found; 1 a finding does not hold (verify); 2 what was asked for is wrong; 3 it cannot be done here, because the store is
damaged or a package is missing.
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TypeVar, get_args, get_type_hints

import msgspec

from analysis import power
from analysis.messages import Trouble, language_of, say
from analysis.states import STATES
from analysis.words import Language
from collector.messages import Trouble as CollectorTrouble
from collector.quarters import window_us
from collector.reader import read_plans
from collector.timeseries.servers import KINDS as DATABASES
from probe.measurement.envelope import Line

UNKNOWN = "unknown"
T = TypeVar("T")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    language = _language_in(words)
    options = _parser(language).parse_args(words)
    try:
        return _COMMANDS[options.command](options, language)
    except Trouble as trouble:
        return _fail(trouble.text(language), trouble.exit_code)
    except CollectorTrouble as trouble:
        return _fail(trouble.text(language), 3)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("numpy", "scipy"):
            raise
        return _fail(say("extra.missing", language, name=error.name.partition(".")[0]), 3)


def _fail(text: str, exit_code: int) -> int:
    print(f"isonomia-analysis: {text}", file=sys.stderr)
    return exit_code


def _register(options: argparse.Namespace, language: Language) -> int:
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
    asns = _gathered(map(registration.asn_of, options.asn or ()))
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
        gates=[registration.gate_of(text) for text in options.gate or ()],
        channels=_gathered(map(registration.channel_of, options.invitation or ())),
        responders=[registration.responder_of(text) for text in options.responder or ()],
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
    return 0


def _gathered(named: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    """The values of each name."""
    found: dict[str, list[T]] = {}
    for name, value in named:
        found.setdefault(name, []).append(value)
    return found


def _judge(options: argparse.Namespace, language: Language) -> int:
    from analysis import registration, table
    from analysis.scale.command import run

    registered, digest, parameters = registration.load(options.registration)
    now = _moment(options.as_of) if options.as_of else datetime.now(UTC)
    judgement, observations = run(options, registered, digest, parameters, now)
    findings = msgspec.json.format(msgspec.json.encode(judgement.findings), indent=1) + b"\n"
    if options.out:
        _write(options.out, [findings])
    if options.observations:
        encoder = msgspec.json.Encoder()
        _write(options.observations, (encoder.encode(one) + b"\n" for one in observations))
    if options.json:
        sys.stdout.write(findings.decode())
        print("\n".join(table.account(judgement.summary, language)), file=sys.stderr)
    else:
        print("\n".join(table.lines(judgement, language)))
    return 0


def _verify(options: argparse.Namespace, language: Language) -> int:
    from analysis.checking import run_verify

    code, lines = run_verify(options, language)
    print("\n".join(lines))
    return code


def _bundle(options: argparse.Namespace, language: Language) -> int:
    from analysis.checking import run_bundle

    print(run_bundle(options, language))
    return 0


def _parity(options: argparse.Namespace, language: Language) -> int:
    from analysis.parity_page import lines, parity_of

    now = _moment(options.as_of) if options.as_of else datetime.now(UTC)
    found = parity_of(options.store, options.registration, now)
    print(msgspec.json.encode(found).decode() if options.json else "\n".join(lines(found, language)))
    return 0


def _state(options: argparse.Namespace, language: Language) -> int:
    from analysis.checking import run_state

    for line in run_state(options, language, datetime.now(UTC)):
        print(line)
    return 0


def _publish(options: argparse.Namespace, language: Language) -> int:
    from analysis.publish import command

    now = _moment(options.as_of) if options.as_of else datetime.now(UTC)
    written = command.run(options, now, as_of=options.as_of is not None)
    facts = msgspec.json.encode(vars(written)).decode()
    print(facts if options.json else command.told(written, language))
    return 0


def _trace(options: argparse.Namespace, language: Language) -> int:
    from analysis.trace.judge import judge_capture
    from analysis.trace.report import lines

    report = judge_capture(options.capture)
    if options.json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=1).decode() + "\n")
    else:
        print("\n".join(lines(report, language)))
    return 0


def _direct(options: argparse.Namespace, language: Language) -> int:
    from analysis.direct.command import lines

    print("\n".join(lines(options.store, language, as_json=options.json)))
    return 0


def _power(options: argparse.Namespace, language: Language) -> int:
    power.write_page(options, language)
    return 0


def _export(options: argparse.Namespace, language: Language) -> int:
    from analysis.public import form
    from analysis.public.command import export

    surface: form.Surface = "inside" if options.command == "export-inside" else "public"
    now = _moment(options.as_of) if options.as_of else datetime.now(UTC)
    made = export(options, surface, now)
    _write(options.out, [form.encode(made)])
    facts = {"path": str(options.out), "surface": surface, "findings": len(made.findings)}
    print(say("export.written", language, **facts))
    return 0


_COMMANDS: Mapping[str, Callable[[argparse.Namespace, Language], int]] = {
    "register": _register,
    "judge": _judge,
    "verify": _verify,
    "bundle": _bundle,
    "parity": _parity,
    "state": _state,
    "export-public": _export,
    "export-inside": _export,
    "publish": _publish,
    "trace": _trace,
    "direct": _direct,
    "power": _power,
}


def _write(path: Path, content: Iterable[bytes]) -> None:
    """Whole or not at all: a reader never meets half a file."""
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            file.writelines(content)
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


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Trouble("as_of.bad_time", detail=text) from error
    if moment.tzinfo is None:
        raise Trouble("as_of.bad_time", detail=text)
    return moment


def _language_in(words: Sequence[str]) -> Language:
    """``--lang`` decides the language of the help too, so it is looked for before anything is parsed."""
    for flag, value in pairwise(words):
        if flag == "--lang" and value in ("fr", "en"):
            return "fr" if value == "fr" else "en"
    return language_of()


def _parser(language: Language) -> argparse.ArgumentParser:
    told = argparse.ArgumentParser(add_help=False)
    told.add_argument("--lang", choices=("fr", "en"), default=language, help=say("cli.lang", language))
    either = argparse.ArgumentParser(add_help=False, parents=[told])
    either.add_argument("--json", action="store_true", help=say("cli.json", language))
    shared = argparse.ArgumentParser(add_help=False, parents=[either])
    shared.add_argument("--store", type=Path, required=True, metavar="DIR", help=say("cli.store", language))
    registered = argparse.ArgumentParser(add_help=False)
    text = say("cli.registration", language)
    registered.add_argument("--registration", type=Path, required=True, metavar="FILE", help=text)
    text = say("cli.keep_going", language)
    registered.add_argument("--keep-going", action="store_true", help=text)
    parser = argparse.ArgumentParser(prog="isonomia-analysis", description=say("cli.about", language))
    names = "|".join(_COMMANDS)
    commands = parser.add_subparsers(dest="command", required=True, metavar=names)
    parents = {
        "register": [shared],
        "judge": [shared, registered],
        "verify": [either],
        "bundle": [shared, registered],
        "parity": [shared, registered],
        "state": [told],
        "export-public": [told, registered],
        "export-inside": [told, registered],
        "publish": [shared, registered],
        "trace": [either],
        "direct": [shared],
        "power": [told],
    }
    for name, fill in _ARGUMENTS.items():
        about = say(_ABOUT.get(name, f"cli.{name.replace('-', '_')}"), language)
        fill(commands.add_parser(name, parents=parents[name], help=about), language)
    return parser


def _register_arguments(register: argparse.ArgumentParser, language: Language) -> None:
    text = say("cli.out_registration", language)
    register.add_argument("--out", type=Path, required=True, metavar="FILE", help=text)
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
    repeated = {
        "brand": "TEXT",
        "asn": "BRAND=AS64500",
        "report_date": "DATE",
        "gate": "ROLE=SERVICE",
        "invitation": "CHANNEL=INVITATION",
        "responder": "ID=OPERATOR@NETWORK[!]",
    }
    for name, shape in repeated.items():
        text = say(f"cli.{name}", language)
        register.add_argument(f"--{name.replace('_', '-')}", action="append", metavar=shape, help=text)


def _judge_arguments(judge: argparse.ArgumentParser, language: Language) -> None:
    judge.add_argument("--out", type=Path, metavar="FILE", help=say("cli.out", language))
    judge.add_argument("--observations", type=Path, metavar="FILE", help=say("cli.observations", language))
    judge.add_argument("--full", action="store_true", help=say("cli.full", language))
    judge.add_argument("--as-of", metavar="TIME", help=say("cli.as_of", language))
    text = say("cli.signatures", language)
    judge.add_argument("--signatures", choices=("each", "sealed", "accusing"), default="each", help=text)
    judge.add_argument("--spool", type=Path, metavar="DIR", help=say("cli.spool", language))
    judge.add_argument("--scheduler", metavar="tcp://HOST:PORT", help=say("cli.scheduler", language))


def _verify_arguments(verify: argparse.ArgumentParser, language: Language) -> None:
    verify.add_argument("--store", type=Path, metavar="DIR", help=say("cli.store", language))
    verify.add_argument("--registration", type=Path, metavar="FILE", help=say("cli.registration", language))
    verify.add_argument("--keep-going", action="store_true", help=say("cli.keep_going", language))
    verify.add_argument("finding", type=Path, metavar="FINDING", help=say("cli.finding", language))
    verify.add_argument("--other-cpu", action="store_true", help=say("cli.other_cpu", language))


def _bundle_arguments(bundle: argparse.ArgumentParser, language: Language) -> None:
    bundle.add_argument("finding", type=Path, metavar="FINDING", help=say("cli.finding", language))
    bundle.add_argument("--id", metavar="ID", help=say("cli.finding_id", language))
    bundle.add_argument(
        "--out", type=Path, required=True, metavar="FILE.zip", help=say("cli.bundle_out", language)
    )
    bundle.add_argument(
        "--form", choices=("sealed", "public"), default="sealed", help=say("cli.bundle_form", language)
    )


def _parity_arguments(parity: argparse.ArgumentParser, language: Language) -> None:
    parity.add_argument("--as-of", metavar="TIME", help=say("cli.as_of", language))


def _state_arguments(state: argparse.ArgumentParser, language: Language) -> None:
    state.add_argument("--ledger", type=Path, required=True, metavar="FILE", help=say("cli.ledger", language))
    state.add_argument("--finding", type=Path, metavar="FILE", help=say("cli.finding", language))
    state.add_argument("--id", metavar="ID", help=say("cli.finding_id", language))
    state.add_argument("--to", choices=STATES, help=say("cli.to", language))
    state.add_argument("--actor", metavar="TEXT", help=say("cli.actor", language))
    state.add_argument("--reason", metavar="TEXT", help=say("cli.reason", language))
    state.add_argument("--evidence", type=Path, metavar="FILE", help=say("cli.evidence", language))


def _export_arguments(export: argparse.ArgumentParser, language: Language) -> None:
    export.add_argument("--store", type=Path, required=True, metavar="DIR", help=say("cli.store", language))
    export.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=say("cli.export_out", language)
    )
    export.add_argument("--as-of", metavar="TIME", help=say("cli.as_of", language))
    for name in ("ledger", "replies", "disruptions"):
        text = say(f"cli.export_{name}", language)
        export.add_argument(f"--{name}", type=Path, metavar="FILE", help=text)
    text = say("cli.export_findings", language)
    export.add_argument("--findings", type=Path, action="append", metavar="FILE", help=text)


def _publish_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    for name, metavar, text in (
        ("--server", "URL", "publish.server"),
        ("--ledger", "FILE", "publish.ledger"),
        ("--as-of", "TIME", "cli.as_of"),
    ):
        parser.add_argument(name, required=name == "--server", metavar=metavar, help=say(text, language))
    parser.add_argument("--kind", choices=DATABASES, help=say("publish.kind", language))


def _trace_arguments(trace: argparse.ArgumentParser, language: Language) -> None:
    trace.description = say("trace.about", language)
    trace.epilog = say("trace.more", language)
    trace.formatter_class = argparse.RawDescriptionHelpFormatter
    trace.add_argument("capture", type=Path, metavar="FILE.pcap[.xz]", help=say("trace.file", language))


_ABOUT: Mapping[str, str] = {"publish": "publish.help", "trace": "trace.help", "power": "power.about"}
_ARGUMENTS: Mapping[str, Callable[[argparse.ArgumentParser, Language], None]] = {
    "register": _register_arguments,
    "judge": _judge_arguments,
    "verify": _verify_arguments,
    "bundle": _bundle_arguments,
    "parity": _parity_arguments,
    "state": _state_arguments,
    "export-public": _export_arguments,
    "export-inside": _export_arguments,
    "publish": _publish_arguments,
    "trace": _trace_arguments,
    "direct": lambda _parser, _language: None,
    "power": power.add_arguments,
}


if __name__ == "__main__":
    sys.exit(main())
