"""``isonomia-dashboards boards``: write boards and provisioning as files, or say what would change."""

import argparse
from pathlib import Path
from typing import Final

import msgspec

from dashboards.grafana.build import rendered
from dashboards.grafana.messages import say
from dashboards.messages import Language
from dashboards.messages import say as say_command

DEFAULT: Final = Path(__file__).parents[2] / "deploy" / "grafana"
STALE: Final = 1


def add_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """Where to, and whether only to compare."""
    parser.add_argument("--out", type=Path, default=DEFAULT, metavar="DIR", help=say("boards.out", language))
    parser.add_argument("--check", action="store_true", help=say("boards.check", language))
    parser.add_argument("--json", action="store_true", help=say_command("cli.json", language))


def run(options: argparse.Namespace, language: Language) -> int:
    """Exit 1 with ``--check`` where a file differs, is missing, or is nobody's any more."""
    files = rendered()
    stale = sorted(changed(files, options.out))
    for name in stale:
        path = options.out / name
        if options.check:
            print(say("boards.stale", language, path=path))
        elif name in files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(files[name])
        else:
            path.unlink()
    facts = {"files": len(files), "changed": len(stale)}
    print(msgspec.json.encode(facts).decode() if options.json else say("boards.written", language, **facts))
    return STALE if options.check and stale else 0


def changed(files: dict[str, bytes], folder: Path) -> set[str]:
    """Names of files that differ, are missing, or stand in the surfaces' folders without being made any more."""
    there = {
        str(path.relative_to(folder)): path.read_bytes()
        for surface in ("inside", "public")
        for path in (folder / surface).rglob("*")
        if path.is_file()
    }
    return {name for name in files.keys() | there.keys() if files.get(name) != there.get(name)}
