"""``isonomia-analysis``: register, judge, verify, bundle, parity, state, export, publish, trace, direct, power. Translates and exits; the work is elsewhere.

Exit codes: 0 done, whatever was found; 1 a finding does not hold (verify); 2 what was asked for is wrong; 3 it cannot be done here, because the store is
damaged or a package is missing.
"""

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from analysis import power
from analysis.arguments import parser_of
from analysis.messages import Trouble, say
from analysis.words import Language
from collector.messages import Trouble as CollectorTrouble
from probe.command_line import language_in


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    language = language_in(words)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that lacks a letter is no reason to say nothing.
        sys.stdout.reconfigure(errors="backslashreplace")
    options = parser_of(tuple(_COMMANDS), language).parse_args(words)
    try:
        code = _COMMANDS[options.command](options, language)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has had enough, and nobody is left to be told at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 3
    except Trouble as trouble:
        return _fail(trouble.text(language), trouble.exit_code)
    except CollectorTrouble as trouble:
        return _fail(trouble.text(language), 3)
    except (MemoryError, OSError) as error:  # a traceback's exit code is that of a finding that does not hold
        return _fail(say("machine.failed", language, detail=str(error) or type(error).__name__), 3)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("numpy", "scipy"):
            raise
        return _fail(say("extra.missing", language, name=error.name.partition(".")[0]), 3)
    return code


def _fail(text: str, exit_code: int) -> int:
    print(f"isonomia-analysis: {text}", file=sys.stderr)
    return exit_code


def _register(options: argparse.Namespace, language: Language) -> int:
    from analysis.registering import register

    return register(options, language)


def _judge(options: argparse.Namespace, language: Language) -> int:
    from analysis import registration, table
    from analysis.checking import log_lines
    from analysis.log import log_of
    from analysis.scale.command import run
    from analysis.source import store_source

    registered, digest, parameters = registration.load(options.registration)
    now = _moment(options.as_of) if options.as_of else datetime.now(UTC)
    judgement, observations = run(options, registered, digest, parameters, now)
    findings = msgspec.json.format(msgspec.json.encode(judgement.findings), indent=1) + b"\n"
    if options.out:
        _write(options.out, [findings])
    if options.observations:
        encoder = msgspec.json.Encoder()
        _write(options.observations, (encoder.encode(one) + b"\n" for one in observations))
    log = log_of(store_source(options.store), digest, registered.quarter)
    about = "\n".join(log_lines(digest, log, language))
    if options.json:
        sys.stdout.write(findings.decode())
        print("\n".join(table.account(judgement.summary, language)), about, sep="\n", file=sys.stderr)
    else:
        print("\n".join(table.lines(judgement, language)), about, sep="\n")
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
    from analysis.entering import run_state

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
    from analysis.direct.asked import registered_lines
    from analysis.direct.command import lines

    if options.registration is not None:
        now = _moment(options.as_of) if options.as_of else datetime.now(UTC)
        print("\n".join(registered_lines(options, language, now)))
        return 0
    if options.bundle is not None or options.as_of is not None:
        raise Trouble("direct.needs_registration")
    told = lines(options.store, language, as_json=options.json, mmdb=options.mmdb, quarter=options.quarter)
    print("\n".join(told))
    return 0


def _power(options: argparse.Namespace, language: Language) -> int:
    power.write_page(options, language)
    return 0


def _export(options: argparse.Namespace, language: Language) -> int:
    from analysis.public import form
    from analysis.public.command import export, wanting

    surface: form.Surface = "inside" if options.command == "export-inside" else "public"
    now = _moment(options.as_of) if options.as_of else datetime.now(UTC)
    made = export(options, surface, now)
    _write(options.out, [form.encode(made)])
    facts = {"path": str(options.out), "surface": surface, "findings": len(made.findings)}
    print(say("export.written", language, **facts))
    for line in wanting(options, made, language):
        print(line, file=sys.stderr)
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


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Trouble("as_of.bad_time", detail=text) from error
    if moment.tzinfo is None:
        raise Trouble("as_of.bad_time", detail=text)
    return moment


if __name__ == "__main__":
    sys.exit(main())
