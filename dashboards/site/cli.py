"""``isonomia-dashboards site EXPORT --out DIR``: write the pages, once or whenever the export changes; serve them on loopback if asked."""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from analysis.public.form import NotAnExport, read
from dashboards.messages import Language
from dashboards.site.command_messages import say
from dashboards.site.folder import NotOurs, write
from dashboards.site.render import site
from dashboards.site.serve import serve

EXIT_WRONG: Final = 2
EXIT_BROKEN: Final = 3
LOOK_EVERY_S: Final = 2.0


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """The command's arguments."""
    parser.add_argument("export", type=Path, metavar="EXPORT", help=say("export", language))
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help=say("out", language))
    parser.add_argument("--watch", action="store_true", help=say("watch", language))
    parser.add_argument("--serve", type=int, nargs="?", const=0, metavar="PORT", help=say("serve", language))


def run(options: argparse.Namespace, language: Language) -> int:
    """Write; then watch or serve until interrupted."""
    code = build(options.export, options.out, language)
    if code or not (options.watch or options.serve is not None):
        return code
    try:
        if options.serve is not None:
            with serve(options.out, options.serve) as url:
                print(say("serving", language, url=url), flush=True)
                watch(options.export, options.out, language, rebuild=options.watch)
        else:
            watch(options.export, options.out, language)
    except KeyboardInterrupt:
        return 0
    return 0


def build(export: Path, out: Path, language: Language) -> int:
    """Write the pages of an export once; the exit code, with a word on what happened."""
    started = time.monotonic()
    try:
        files, size = write(out, site(read(export)))
    except (NotAnExport, FileNotFoundError) as error:
        print(say("no_export", language, path=export, detail=error))
        return EXIT_WRONG
    except NotOurs:
        print(say("not_ours", language, path=out))
        return EXIT_WRONG
    except OSError as error:
        print(say("cannot_write", language, path=out, detail=error.strerror or error))
        return EXIT_BROKEN
    seconds = time.monotonic() - started
    facts = {
        "path": out / "index.html",
        "files": files,
        "kilobytes": size // 1000,
        "seconds": f"{seconds:.1f}",
    }
    print(say("written", language, **facts), flush=True)
    return 0


def watch(
    export: Path,
    out: Path,
    language: Language,
    *,
    rebuild: bool = True,
    sleep: Callable[[float], None] = time.sleep,
    again: Callable[[], bool] = lambda: True,
) -> None:
    """Build anew whenever the export's file changes; a bad one leaves the pages as they are. Ends when ``again`` says so."""
    seen = _stamp(export)
    while again():
        sleep(LOOK_EVERY_S)
        now = _stamp(export)
        if rebuild and now is not None and now != seen:
            seen = now
            build(export, out, language)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size
