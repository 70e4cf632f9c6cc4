"""The lab's command line: `run` one experiment of your own, `demo`, `soak`, `scoreboard`, `bench`, `clean`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from probe.command_line import Parser, language_in
from tests.lab import demo, scoreboard, soak
from tests.lab.experiment import PACE_BIT_S, QUIC_PACE_BIT_S, SERVICES, Experiment, padded
from tests.lab.matches import Match, QuicName, names_of
from tests.lab.messages import text
from tests.lab.policies import BlockReset, Drop, HttpBox, Police, Policy, Shape, SharedCongestion
from tests.lab.privileges import EXIT_UNAVAILABLE, LabUnavailableError, ensure
from tests.lab.progress import Plain
from tests.lab.run import run
from tests.lab.state import clean
from tests.lab.units import duration_ms, rate_bit_s, size_bytes

T = TypeVar("T")
EXIT_USAGE = 2
POLICIES = (
    "neutral",
    "police",
    "shape",
    "reset",
    "drop",
    "congestion",
    "http-header",
    "http-content",
    "http-page",
)
NETTESTS = ("replay_tls", "replay_quic", "replay_http")
UP_BIT_S = 20_000_000
"""Of a line whose uploads are measured, where nothing else is said."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0, 1 when what must be shown was not, 2 usage, 3 no lab here."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        ensure()
        code: int = options.command(options)
    except LabUnavailableError as error:
        print(error, file=sys.stderr)
        return EXIT_UNAVAILABLE
    except ValueError as error:
        print(f"tests.lab: {error}", file=sys.stderr)
        return EXIT_USAGE
    return code


def _parser() -> argparse.ArgumentParser:
    Parser.language = language_in(())
    parser = Parser(prog="python -m tests.lab", description=text("lab_help"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(
        commands.add_parser("run", help=text("run_help"), description=text("run_help"), epilog=RUN_EXAMPLE)
    )
    demo.add_arguments(commands.add_parser("demo", help=text("demo_help"), description=text("demo_help")))
    soak.add_arguments(commands.add_parser("soak", help=text("soak_help"), description=text("soak_help")))
    scoreboard.add_arguments(
        commands.add_parser("scoreboard", help=text("scoreboard_help"), description=text("scoreboard_help"))
    )
    bench = commands.add_parser("bench", help=text("bench_help"), description=text("bench_help"))
    bench.add_argument("--json", action="store_true", help=text("json_help"))
    bench.add_argument("--only", choices=("replay", "collector", "analysis", "site"), help=text("only_help"))
    bench.set_defaults(command=_bench)
    limits = commands.add_parser("limits", help=text("limits_help"), description=text("limits_help"))
    limits.add_argument("--json", action="store_true", help=text("json_help"))
    limits.add_argument(
        "--delay-line", choices=("auto", "c", "python"), default="auto", help=text("delay_help")
    )
    limits.add_argument("--homes", type=int, nargs="+", metavar="N", help=text("limit_homes_help"))
    limits.set_defaults(command=_limits)
    cleaner = commands.add_parser("clean", help=text("clean_help"), description=text("clean_help"))
    cleaner.set_defaults(command=_clean)
    return parser


RUN_EXAMPLE = (
    "python -m tests.lab run --policy police --rate 1.5Mbit --bucket 16kB --match-sni radio-boreale.example "
    "--line 50Mbit --rtt 20ms --homes 4 --pairs 5 --json"
)


def _add_run(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--policy", choices=POLICIES, default="neutral")
    add("--rate", type=_unit(rate_bit_s), default=1_500_000, metavar="RATE", help=text("rate_help"))
    add("--bucket", type=_unit(size_bytes), default=16_000, metavar="SIZE", help=text("bucket_help"))
    add("--queue", type=int, default=100, metavar="PACKETS", help=text("queue_help"))
    add("--match-sni", default="radio-boreale.example", metavar="NAME", help=text("match_help"))
    add("--match-quic", action="store_true", help=text("match_quic_help"))
    add("--measure", metavar="NAME", help=text("measure_help"))
    add("--policy-homes", type=_homes, metavar="0,1,…", help=text("policy_homes_help"))
    add("--line", type=_unit(rate_bit_s), default=50_000_000, metavar="RATE", help=text("line_help"))
    add("--rtt", type=_unit(duration_ms), default=20.0, metavar="TIME", help=text("rtt_help"))
    add("--homes", type=int, default=4)
    add("--pairs", type=int, default=5)
    add("--nettest", choices=NETTESTS, default=NETTESTS[0], help=text("nettest_help"))
    add("--variant", choices=("paced", "long", "saturate"), default="paced")
    add("--direction", choices=("down", "up"), default="down", help=text("direction_help"))
    add("--line-up", type=_unit(rate_bit_s), metavar="RATE", help=text("line_up_help"))
    add("--gap", type=_unit(duration_ms), default=2000.0, metavar="TIME", help=text("gap_help"))
    add("--local-hour", type=int, default=12, choices=range(24), metavar="0-23", help=text("hour_help"))
    add("--keep", type=Path, metavar="FOLDER", help=text("keep_help"))
    add("--json", action="store_true", help=text("json_help"))
    parser.set_defaults(command=_run)


def _unit(read: Callable[[str], T]) -> Callable[[str], T]:
    def convert(word: str) -> T:
        try:
            return read(word)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


def _homes(word: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in word.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{word!r}: write home numbers from 0, with commas") from error


def policy_of(options: argparse.Namespace) -> tuple[Policy, ...]:
    """Return the policy that the options name."""
    homes, upward = options.policy_homes, options.direction == "up"
    name: Match = QuicName(options.match_sni) if options.match_quic else options.match_sni
    made: dict[str, Callable[[], Policy]] = {
        "police": lambda: Police(options.rate, options.bucket, name, homes, upward=upward),
        "shape": lambda: Shape(options.rate, name, queue_packets=options.queue, homes=homes, upward=upward),
        "reset": lambda: BlockReset(name, homes),
        "drop": lambda: Drop(name, homes),
        "http-header": lambda: HttpBox("header", options.match_sni, homes),
        "http-content": lambda: HttpBox("content", options.match_sni, homes),
        "http-page": lambda: HttpBox("page", options.match_sni, homes),
        "congestion": lambda: SharedCongestion(options.rate, homes),
    }
    return (made[options.policy](),) if options.policy in made else ()


def _run(options: argparse.Namespace) -> int:
    paces = {"replay_quic": QUIC_PACE_BIT_S}
    paces = {name: paces.get(name, PACE_BIT_S) for name in NETTESTS}
    experiment = Experiment(
        policies=policy_of(options),
        homes=options.homes,
        pairs=options.pairs,
        nettest=options.nettest,
        services=padded(len(SERVICES), paces[options.nettest]),
        variant=options.variant,
        direction=options.direction,
        line_bit_s=options.line,
        line_up_bit_s=options.line_up or (UP_BIT_S if options.direction == "up" else None),
        rtt_ms=options.rtt,
        gap_ms=round(options.gap),
        local_hour=options.local_hour,
    ).with_name(options.measure or options.match_sni)
    watch = Plain(total=experiment.homes * experiment.pairs, quiet=options.json)
    outcome = run(experiment, watch, options.keep)
    watch.end()
    report = {**outcome.to_json(), "policies": [_plain(policy) for policy in experiment.policies]}
    if options.json:
        print(json.dumps(report, ensure_ascii=False))
    else:
        print(demo.table(outcome, [experiment.measured[0]]))
    return 0


def _plain(policy: Policy) -> dict[str, Any]:
    facts: dict[str, Any] = {"policy": type(policy).__name__, **vars(policy)}
    facts.pop("late", None)
    if "match" in facts:
        match = facts.pop("match")
        facts["match_quic" if isinstance(match, QuicName) else "match_sni"] = " ".join(names_of(match))
    if isinstance(policy, Police):
        facts |= {"real_bucket_bytes": policy.real_bucket_bytes, "limiter": policy.limiter}
    return facts


def _bench(options: argparse.Namespace) -> int:
    from tests.bench.report import report

    return report(as_json=options.json, only=options.only)


def _limits(options: argparse.Namespace) -> int:
    from tests.lab.limits import HOMES, report

    return report(as_json=options.json, delay_line=options.delay_line, homes=tuple(options.homes or HOMES))


def _clean(_: argparse.Namespace) -> int:
    for prefix in clean():
        print(text("cleaned", prefix=prefix))
    return 0
