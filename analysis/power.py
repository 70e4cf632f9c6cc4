"""``isonomia-analysis power --out docs/power.md``: what the procedure finds, by simulation, written as a page.

Validity under null settings, power against 38 treatments, forged homes, names treated by stratum, keys that share a line,
and what the lab should see: each beside what the design's detection.md prints. The same seed and sizes write the same page
to the last byte; nothing in it depends on the clock. On one idle core about five minutes; ``--quick`` some seconds, for
a page that only shows that all of it runs. ``python -m analysis.power`` is the same.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from analysis.messages import Trouble, language_of, say
from analysis.words import Language
from probe.command_line import Parser


def main(arguments: Sequence[str] | None = None) -> int:
    """The command by itself; its exit code (0 written, 2 wrong arguments, 3 cannot write)."""
    language = language_of()
    Parser.language = language
    parser = Parser(prog="python -m analysis.power", description=say("power.about", language))
    add_arguments(parser, language)
    try:
        write_page(parser.parse_args(arguments), language)
    except Trouble as trouble:
        print(f"isonomia-analysis: {trouble.text(language)}", file=sys.stderr)
        return trouble.exit_code
    return 0


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """What the command may be told."""
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help=say("power.out", language))
    parser.add_argument("--seed", type=int, default=2026, metavar="N", help=say("power.seed", language))
    parser.add_argument("--quick", action="store_true", help=say("power.quick", language))
    parser.add_argument("--quiet", action="store_true", help=say("power.quiet", language))


def write_page(options: argparse.Namespace, language: Language) -> None:
    """Simulate and write; raises ``Trouble`` where the page cannot be written, before anything is computed."""
    from analysis.power_page import page  # noqa: PLC0415 - needs numpy, which not every installation has
    from analysis.power_results import FULL, QUICK, simulated  # noqa: PLC0415

    began = time.process_time()

    def tell(step: str) -> None:
        if not options.quiet:
            seconds = f"{time.process_time() - began:.0f}"
            print(say("power.step", language, step=step, seconds=seconds), file=sys.stderr, flush=True)

    try:
        # First, so that minutes of computing are not lost to a folder that is not there; "a" keeps an old page whole.
        options.out.open("a", encoding="utf-8").close()
        text = page(simulated(QUICK if options.quick else FULL, options.seed, tell))
        options.out.write_text(text, encoding="utf-8")
    except OSError as error:
        detail = error.strerror or error
        raise Trouble("out.cannot_write", exit_code=3, path=options.out, detail=detail) from error
    print(say("power.written", language, path=options.out))


if __name__ == "__main__":
    sys.exit(main())
