"""The documentation's check: tables taken from the code are fresh, and links inside the folder lead somewhere.

A table stands in a page between ``<!-- table: NAME -->`` and ``<!-- end -->``. `make docs` writes them anew.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from tools.tree import ROOT, committed_files

TABLE = re.compile(r"(<!-- table: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.DOTALL | re.MULTILINE)


def markdown(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def targets() -> str:
    """The targets of the Makefile, each with its French and English line."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.findall(r"^([a-z]+):.*?## (.*?) \| (.*)$", text, re.MULTILINE)
    return markdown(
        ("command", "français", "English"), ((f"`make {name}`", fr, en) for name, fr, en in found)
    )


def extras() -> str:
    """The extras of pyproject.toml and the packages they name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = {"(base)": project["dependencies"], **project["optional-dependencies"]}
    rows = (
        (f"`{name}`", ", ".join(f"`{line}`" for line in lines) or "nothing more")
        for name, lines in groups.items()
    )
    return markdown(("extra", "packages"), rows)


def failures() -> str:
    """The closed list of what can end a run."""
    from probe.measurement.failures import FAILURES  # noqa: PLC0415 - the other tables need no package of ours

    return markdown(("failure", "meaning"), ((f"`{name}`", meaning) for name, meaning in FAILURES.items()))


def _catalogue(counted: str, header: str, names: Callable[[str], str] = lambda code: code) -> str:
    """How many services of the shipped catalogue there are by one property."""
    from probe.catalogue.coverage import coverage  # noqa: PLC0415 - as above
    from probe.catalogue.read import shipped  # noqa: PLC0415 - as above

    counts = getattr(coverage(shipped().services), counted)
    return markdown((header, "services"), ((names(code), str(count)) for code, count in counts.items()))


def catalogue_sectors() -> str:
    """The catalogue by domain of the UNESCO framework, in both languages."""
    from probe.catalogue.entries import SECTORS  # noqa: PLC0415 - as above

    return _catalogue(
        "sectors",
        "secteur · sector",
        lambda s: f"{SECTORS[s]['code']} · {SECTORS[s]['fr']} · {SECTORS[s]['en']}",
    )


def catalogue_services() -> str:
    """Every service of the catalogue, by country."""
    from probe.catalogue.read import shipped  # noqa: PLC0415 - as above

    entries = sorted(shipped().services, key=lambda entry: (entry.country, entry.id))
    rows = (
        (
            entry.country,
            f"`{entry.id}`",
            entry.name,
            ", ".join(entry.languages),
            entry.origin,
            ", ".join(f"`{name}`" for name in entry.names),
            f"{entry.pace_bit_s / 1e6:g}",
            "–" if entry.verified_on is None else entry.verified_on.isoformat(),
        )
        for entry in entries
    )
    return markdown(
        ("country", "id", "name", "languages", "origin", "names", "pace, Mbit/s", "looked up on"), rows
    )


def catalogue_risks() -> str:
    """The risk lines, each with its source."""
    from probe.catalogue.read import shipped  # noqa: PLC0415 - as above

    rows = (
        (line.risk, ", ".join(line.countries), ", ".join(line.services) or "all", line.source, str(line.date))
        for line in shipped().risks
    )
    return markdown(("class", "countries", "services", "source", "date"), rows)


def catalogue_total() -> str:
    """Version and totals of the catalogue."""
    from probe.catalogue.coverage import coverage  # noqa: PLC0415 - as above
    from probe.catalogue.read import shipped  # noqa: PLC0415 - as above

    counts = coverage(shipped().services)
    row = (
        f"`{shipped().version()}`",
        *map(
            str,
            (counts.services, counts.names, len(counts.countries), len(counts.languages), counts.verified),
        ),
    )
    return markdown(("version", "services", "names", "countries", "languages", "looked up"), [row])


def endpoint_failures() -> str:
    """What can end a look, a question or a series of echoes, beyond what can end a run."""
    from probe.measurement.failures import ENDPOINT_FAILURES, FAILURES  # noqa: PLC0415 - as above

    rows = ((f"`{name}`", said) for name, said in ENDPOINT_FAILURES.items() if name not in FAILURES)
    return markdown(("failure", "meaning"), rows)


def nettests() -> str:
    """Every nettest: what it records, by its own docstring, whom it meets, what it counts for, what it may cost."""
    from probe.errands.facts import NETTESTS  # noqa: PLC0415 - as above
    from probe.nettests.table import NETTESTS as MODULES  # noqa: PLC0415

    rows = []
    for name, facts in NETTESTS.items():
        story = ast.get_docstring(
            ast.parse((ROOT / (MODULES[name].replace(".", "/") + ".py")).read_text("utf-8"))
        )
        paragraphs = [" ".join(part.split()) for part in (story or "").split("\n\n")]
        does = paragraphs[0].partition(": ")[2]
        records = next((part for part in paragraphs[1:] if part.startswith("Records")), paragraphs[1])
        rows.append(
            (
                f"`{name}`",
                f"`{facts.variant}`",
                ", ".join(facts.directions),
                does,
                records,
                facts.meets,
                facts.evidence,
                f"{facts.most_bytes / 1e6:g} MB",
                f"`{facts.extra}`" if facts.extra else "–",
            )
        )
    header = ("nettest", "variant", "direction", "does", "records", "meets", "counts as", "at most", "extra")
    return markdown(header, rows)


def series_tags() -> str:
    """What raw facts may be grouped by, and how many values each tag can take at most."""
    from collector.timeseries.tags import TAGS  # noqa: PLC0415 - as above

    return markdown(("tag", "at most", "meaning"), ((f"`{tag.name}`", tag.bound, tag.says) for tag in TAGS))


def series_buckets() -> str:
    """The buckets: how long they keep, what is in them and why."""
    from collector.timeseries.policy import BUCKETS  # noqa: PLC0415 - as above

    rows = (
        (
            f"`{one.name}`",
            "for ever" if one.keep_days is None else f"{one.keep_days} days",
            f"{one.shard_days} days",
            ", ".join(f"`{name}`" for name in one.measurements),
            one.reason,
        )
        for one in BUCKETS
    )
    return markdown(("bucket", "keeps", "shard", "measurements", "why"), rows)


def board_thresholds() -> str:
    """Every number that colours a panel or raises an alert."""
    from dashboards.grafana.thresholds import THRESHOLDS  # noqa: PLC0415 - as above

    rows = (
        (f"`{name}`", f"{'≥' if one.above else '<'} {one.value:g}", one.reason)
        for name, one in THRESHOLDS.items()
    )
    return markdown(("threshold", "worse", "reason"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "targets": targets,
    "extras": extras,
    "failures": failures,
    "catalogue-total": catalogue_total,
    "catalogue-countries": partial(_catalogue, "countries", "pays · country"),
    "catalogue-languages": partial(_catalogue, "languages", "langue · language"),
    "catalogue-sectors": catalogue_sectors,
    "catalogue-kinds": partial(_catalogue, "kinds", "genre · kind"),
    "catalogue-origins": partial(_catalogue, "origins", "origine · origin"),
    "catalogue-risks": catalogue_risks,
    "catalogue-services": catalogue_services,
    "endpoint-failures": endpoint_failures,
    "nettests": nettests,
    "series-tags": series_tags,
    "series-buckets": series_buckets,
    "board-thresholds": board_thresholds,
}


def renewed(text: str) -> str:
    """The page with each of its tables written anew; KeyError for a table nobody makes."""
    return TABLE.sub(lambda match: match[1] + TABLES[match[2]]() + match[4], text)


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, spelt as forges spell them."""
    titles = re.findall(r"^#+ +(.+?) *#*$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(page: Path, root: Path = ROOT) -> list[str]:
    """A line for each link of ``page`` to a file or heading inside ``root`` that is not there."""
    lines: list[str] = []
    text = page.read_text(encoding="utf-8")
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue  # an address elsewhere: no check here asks the network
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        where = f"{page.relative_to(root)}: link to {target}"
        if not path.is_relative_to(root):
            lines.append(f"{where} leaves the folder")
        elif not path.exists():
            lines.append(f"{where} leads nowhere")
        elif anchor and path.suffix == ".md" and anchor not in anchors(path.read_text(encoding="utf-8")):
            lines.append(f"{where}: no such heading")
    return lines


def main(*, write: bool) -> int:
    """Print what is stale or broken, or with ``write`` renew the tables first; return the exit status."""
    pages = [path for path in committed_files() if path.suffix == ".md"]
    lines: list[str] = []
    for page in pages:
        text = page.read_text(encoding="utf-8")
        fresh = renewed(text)
        if fresh != text and write:
            page.write_text(fresh, encoding="utf-8")
            print(f"{page.relative_to(ROOT)}: tables written anew")
        elif fresh != text:
            lines.append(f"{page.relative_to(ROOT)}: a table is not what the code says; run `make docs`")
        lines += broken_links(page)
    print("\n".join(lines) or f"{len(pages)} pages, tables fresh, links lead somewhere")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(write="--write" in sys.argv[1:]))
