"""What import-linter cannot say: closed packages, and that every import from outside is a declared dependency.

- probe.wire and analysis.stats import nothing of ours but themselves.
- probe, collector, analysis and dashboards import, of what is not ours and not Python's, only what pyproject.toml
  names for them: the base, and for some packages an extra.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.tree import PACKAGES, ROOT

CLOSED = ("probe.wire", "analysis.stats")

BASE = {"aiohttp", "cryptography", "msgspec"}
MAY_IMPORT: dict[str, set[str]] = {
    "probe": BASE | {"maxminddb", "aioquic", "dns", "aiomqtt", "paho"},  # its extras
    "collector": BASE
    | {
        "maxminddb",
        "nacl",
        "isal",
        "vodozemac",
        "aiomqtt",
        "backports",
        "fsspec",
        "pyarrow",
        "influxdb_client",
    },  # its extras
    "analysis": BASE | {"numpy", "scipy", "distributed"},  # the extras `analysis` and `cluster`
    "dashboards": BASE  # the extras `dashboards` and `grafana`
    | {"babel", "jinja2", "markupsafe", "matplotlib", "grafana_client", "grafana_foundation_sdk"},
}


def module_name(path: Path, root: Path) -> str:
    """The dotted name of a file: ``probe/wire/__init__.py`` is ``probe.wire``."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.AST, package: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of each import in ``tree``, which is part of ``package``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            # `from probe import wire` imports probe.wire: the names count as well.
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def is_inside(name: str, package: str) -> bool:
    """Whether ``name`` is ``package`` or something in it."""
    return name == package or name.startswith(package + ".")


def problems(path: Path, root: Path) -> list[str]:
    """A line for each import in one file that the rules above forbid."""
    module = module_name(path, root)
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    closed = next((name for name in CLOSED if is_inside(module, name)), None)
    lines: list[str] = []
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 11))
    except SyntaxError as error:
        return [f"{path.relative_to(root)}:{error.lineno}: not Python 3.11: {error.msg}"]
    for number, name in imported(tree, package):
        top = name.split(".")[0]
        where = f"{path.relative_to(root)}:{number}: imports {name}"
        if top in PACKAGES:
            if closed and not is_inside(name, closed):
                lines.append(f"{where}, but {closed} imports nothing of ours but itself")
        elif top not in sys.stdlib_module_names and top not in MAY_IMPORT[module.split(".")[0]]:
            lines.append(f"{where}, which pyproject.toml does not name for this package")
    return lines


def main(root: Path = ROOT) -> int:
    """Print every forbidden import; return the exit status."""
    files = [path for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    lines = [line for path in files for line in problems(path, root)]
    print("\n".join(lines) or f"{len(files)} files import only what they may")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
