"""From an export to pages: every path with its bytes, one after the other, so that a thousand services need no more room than one."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from typing import Any, Final

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from analysis.public.form import CellFacts, Export, ShownFinding, encode
from analysis.public.legible import without_controls
from dashboards.site import figures, model, tables
from dashboards.site.apart import apart, bdi
from dashboards.site.discards import struck
from dashboards.site.finding_page import finding_context
from dashboards.site.model import Model
from dashboards.site.slugs import slug
from dashboards.site.words import LANGUAGES, OTHER, Language, Words
from probe.catalogue.entries import SECTORS

HERE: Final = Path(__file__).parent
ROWS: Final = 150
"""Rows of a table on one page; a longer list has several pages, a longer table its CSV."""
MENU: Final = (
    ("index", "index.html"),
    ("findings", "findings/index.html"),
    ("networks", "networks/index.html"),
    ("services", "services/index.html"),
    ("coverage", "coverage.html"),
    ("disruptions", "disruptions.html"),
    ("method", "method.html"),
    ("data", "data.html"),
)
File = tuple[str, bytes]


def site(export: Export) -> Iterator[File]:
    """Every file of the site; no text of it has a control or a mark of direction, whoever made the export."""
    export = msgspec.convert(without_controls(msgspec.to_builtins(export)), Export)
    built = Model(export)
    environment = _environment()
    yield "style.css", (HERE / "static" / "style.css").read_bytes()
    yield "index.html", _choice(environment, built)
    for language in LANGUAGES:
        yield from _Edition(built, environment, language).files()
    yield from tables.files(built)
    yield "data/export.json", encode(export)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["slug"] = slug
    environment.globals["apart"] = apart
    environment.globals["bdi"] = bdi
    environment.globals["struck"] = struck
    environment.globals["verdict_of"] = model.verdict
    environment.globals["parity_of"] = model.parity
    environment.globals["failed_share"] = model.failed_share
    environment.globals["is_certificate"] = model.is_certificate
    environment.globals["is_open"] = model.is_open
    environment.globals["finding_file"] = model.finding_file
    return environment


def _choice(environment: Environment, built: Model) -> bytes:
    both = {language: Words(language) for language in LANGUAGES}
    return environment.get_template("choose.html").render(both=both, inside=built.inside).encode()


class _Edition:
    """The pages of one language."""

    def __init__(self, built: Model, environment: Environment, language: Language) -> None:
        self.model = built
        self.export = built.export
        self.environment = environment
        self.words = Words(language)
        self.language = language

    def files(self) -> Iterator[File]:
        """Every page and figure of this language."""
        yield self._page("index.html", "front.html", "index", **self._front())
        yield from self._listed("findings", self.model.standing)
        for finding in self.export.findings:
            yield from self._finding(finding)
        yield from self._listed("networks", self.export.networks)
        for network in self.export.networks:
            yield self._page(
                f"networks/{slug(network.brand)}.html",
                "network.html",
                "networks",
                network=network,
                **self._cells(self.model.cells_of_network.get(network.brand, ())),
                findings=self.model.findings_of_network.get(network.brand, ()),
            )
        yield from self._listed("services", self.export.services)
        for service in self.export.services:
            yield self._page(
                f"services/{slug(service.id)}.html",
                "service.html",
                "services",
                service=service,
                **self._cells(self.model.cells_of_service.get(service.id, ())),
                findings=self.model.findings_of_service.get(service.id, ()),
            )
        yield from self._coverage()
        for name in ("disruptions", "method", "data"):
            yield self._page(f"{name}.html", f"{name}.html", name)

    def _page(self, path: str, template: str, menu: str, **facts: Any) -> File:
        """One page; ``path`` is within the language."""
        depth = path.count("/") + 1
        shared: dict[str, Any] = {
            "path": path,
            "root": "../" * depth,
            "here": "../" * (depth - 1),
            "menu": MENU,
            "current": menu,
            "lang": self.language,
            "other": OTHER[self.language],
            "w": self.words,
            "t": self.words.t,
            "n": self.words.n,
            "export": self.export,
            "model": self.model,
            "marks": model.MARKS,
            "at_most": model.MOST,
            "sector_name": self._sector,
            "country_name": self._country,
            "rule_name": self._rule,
        }
        text = self.environment.get_template(template).render(**shared, **facts)
        return f"{self.language}/{path}", text.encode()

    def _listed(self, name: str, items: Sequence[Any]) -> Iterator[File]:
        """A list in pages of ``ROWS``."""
        pages = max(1, ceil(len(items) / ROWS))
        for number in range(pages):
            stem = "index" if number == 0 else f"page-{number + 1}"
            yield self._page(
                f"{name}/{stem}.html",
                f"{name}.html",
                name,
                items=items[number * ROWS : (number + 1) * ROWS],
                number=number + 1,
                pages=pages,
            )

    def _front(self) -> dict[str, Any]:
        return {"sentence": self._sentence(), "columns": self.model.columns, "matrix": self.model.matrix}

    def _sentence(self) -> str:
        """What was measured, on how many lines, and what was found."""
        words, export = self.words, self.export
        counted = export.counted
        if counted.lines is None:
            nothing = not export.services
            return words.t("front.nothing" if nothing else "front.sentence_few")
        said = words.t(
            "front.sentence_day" if export.first_day == export.last_day else "front.sentence",
            first=words.day(export.first_day),
            last=words.day(export.last_day),
            pairs=words.n("count.pairs", counted.pairs or 0),
            lines=words.n("count.lines", counted.lines),
            networks=words.n("count.networks", sum(n.counted.lines is not None for n in export.networks)),
            services=words.n("count.services", sum(s.counted.lines is not None for s in export.services)),
        )
        published = [one for one in self.model.standing if model.is_open(one)]
        if not published and not self.model.certificates:
            return f"{said} {words.t('front.found_none')}"
        found = words.t(
            "front.found",
            different=words.n("count.different", len(published)),
            equal=words.n("count.equal", len(self.model.certificates)),
        )
        return f"{said} {found}"

    def _cells(self, cells: Sequence[CellFacts]) -> dict[str, Any]:
        return {"cells": cells[:ROWS], "more": max(0, len(cells) - ROWS)}

    def _finding(self, finding: ShownFinding) -> Iterator[File]:
        stem = model.finding_file(finding)
        context, drawn = finding_context(finding, self.model, self.words)
        for name, picture in drawn.items():
            yield f"figures/{stem}-{name}-{self.language}.svg", picture
        yield self._page(f"findings/{stem}.html", "finding.html", "findings", **context)

    def _coverage(self) -> Iterator[File]:
        days = [(_unix(day.day), day.counted.pairs or 0) for day in self.export.days]
        if days:
            yield f"figures/days-{self.language}.svg", figures.by_day(days, self.words)
        shown = sum(region.lines for region in self.export.regions)
        yield self._page(
            "coverage.html",
            "coverage.html",
            "coverage",
            days=days,
            most=max((n for _, n in days), default=0),
            shown=shown,
        )

    def _sector(self, key: str) -> str:
        return SECTORS[key][self.language] if key in SECTORS else self.words.t("sector.other")

    def _country(self, code: str | None) -> str:
        if code is None:
            return self.words.t("unknown")
        return self.words.country(code)

    def _rule(self, rule: str) -> str:
        """What a quality rule says; the code of one that the export does not explain."""
        if rule == "other":
            return self.words.t("discarded.other")
        return self.words.unbroken(self.export.exclusions.get(rule, {}).get(self.language, rule))


def _unix(day: str) -> float:
    return datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
