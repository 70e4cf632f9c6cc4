"""The words of ``isonomia-analysis``: its commands and their options, with their help in French or English. Nothing is done here."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import get_args, get_type_hints

from analysis import power
from analysis.messages import say
from analysis.states import STATES
from analysis.words import Language
from collector.timeseries.kinds import KINDS as DATABASES
from probe.command_line import Parser
from probe.measurement.envelope import Line


def parser_of(names: Sequence[str], language: Language) -> argparse.ArgumentParser:
    """The parser of the commands with these names, its help in that language."""
    Parser.language = language
    told = Parser(for_parents=True)
    told.add_argument("--lang", choices=("fr", "en"), default=language, help=say("cli.lang", language))
    either = Parser(for_parents=True, parents=[told])
    either.add_argument("--json", action="store_true", help=say("cli.json", language))
    shared = Parser(for_parents=True, parents=[either])
    shared.add_argument("--store", type=Path, required=True, metavar="DIR", help=say("cli.store", language))
    registered = Parser(for_parents=True)
    text = say("cli.registration", language)
    registered.add_argument("--registration", type=Path, required=True, metavar="FILE", help=text)
    text = say("cli.keep_going", language)
    registered.add_argument("--keep-going", action="store_true", help=text)
    parser = Parser(prog="isonomia-analysis", description=say("cli.about", language))
    commands = parser.add_subparsers(dest="command", required=True, metavar="|".join(names))
    parents = {
        "register": [shared],
        "judge": [shared, registered],
        "verify": [either],
        "bundle": [shared, registered],
        "parity": [shared, registered],
        "state": [either],
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
        "responder_key": "ID=KEY",
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
    verify.add_argument("--mmdb", type=Path, metavar="FILE", help=say("direct.verify_mmdb", language))
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
    for name, metavar, text in (
        ("--evidence", "FILE", "cli.evidence"),
        ("--evidence-registration", "FILE", "cli.evidence_registration"),
        ("--store", "DIR", "cli.state_store"),
        ("--registration", "FILE", "cli.registration"),
        ("--bundle", "FILE.zip", "cli.state_bundle"),
        ("--reply", "FILE", "cli.state_reply"),
    ):
        state.add_argument(name, type=Path, metavar=metavar, help=say(text, language))


def _export_arguments(export: argparse.ArgumentParser, language: Language) -> None:
    export.add_argument("--store", type=Path, required=True, metavar="DIR", help=say("cli.store", language))
    export.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=say("cli.export_out", language)
    )
    export.add_argument("--as-of", metavar="TIME", help=say("cli.as_of", language))
    for name in ("ledger", "disruptions"):
        text = say(f"cli.export_{name}", language)
        export.add_argument(f"--{name}", type=Path, metavar="FILE", help=text)
    _published_arguments(export, language)


def _published_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """What was published, for pages and boards alike."""
    text = say("cli.export_replies", language)
    parser.add_argument("--replies", type=Path, metavar="FILE", help=text)
    text = say("cli.export_findings", language)
    parser.add_argument("--findings", type=Path, action="append", metavar="FILE", help=text)


def _publish_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    for name, metavar, text in (
        ("--server", "URL", "publish.server"),
        ("--ledger", "FILE", "publish.ledger"),
        ("--as-of", "TIME", "cli.as_of"),
    ):
        parser.add_argument(name, required=name == "--server", metavar=metavar, help=say(text, language))
    parser.add_argument("--pages", metavar="URL", help=say("publish.pages", language))
    text = say("publish.practices", language)
    parser.add_argument("--practices", type=Path, metavar="FILE", help=text)
    _published_arguments(parser, language)
    parser.add_argument("--kind", choices=DATABASES, help=say("publish.kind", language))


def _trace_arguments(trace: argparse.ArgumentParser, language: Language) -> None:
    trace.description = say("trace.about", language)
    trace.epilog = say("trace.more", language)
    trace.formatter_class = argparse.RawDescriptionHelpFormatter
    trace.add_argument("capture", type=Path, metavar="FILE.pcap[.xz]", help=say("trace.file", language))


def _direct_arguments(direct: argparse.ArgumentParser, language: Language) -> None:
    direct.add_argument("--mmdb", type=Path, metavar="FILE", help=say("direct.mmdb", language))
    direct.add_argument("--quarter", metavar="2026Q4", help=say("direct.quarter", language))
    text = say("direct.registration", language)
    direct.add_argument("--registration", type=Path, metavar="FILE", help=text)
    direct.add_argument("--as-of", metavar="TIME", help=say("cli.as_of", language))
    direct.add_argument("--bundle", type=Path, metavar="FILE.zip", help=say("direct.bundle", language))


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
    "direct": _direct_arguments,
    "power": power.add_arguments,
}
