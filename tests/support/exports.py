"""Exports made up for tests, pictures and the bench: a country's networks and services, with findings in every state.

Everything comes from one seed. Numbers are of the size that the lab measures; names are of nobody.
"""

import math
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from analysis.public import form
from analysis.stats.parameters import METRICS
from probe.catalogue.entries import SECTORS

BEGAN: Final = datetime(2026, 10, 5, tzinfo=UTC)
DAYS: Final = 77
NETWORKS: Final = (
    "Alizé Télécom",
    "Boréal Net",
    "Câble du Fleuve",
    "Delta Mobile",
    "Étoile Fibre",
    "Fleet Broadband",
)
SERVICES: Final = (
    ("radio-boreale", "Radio Boréale", "audiovisual", "national", "CA"),
    ("cinema-atlas", "Cinéma Atlas", "audiovisual", "francophonie", "FR"),
    ("presse-rive", "La Presse de la Rive", "books_press", "local", "CA"),
    ("archives-fleuve", "Archives du Fleuve", "archiving", "national", "CA"),
    ("musee-horizon", "Musée Horizon", "heritage", "national", "SN"),
    ("musique-lune", "Musique Lune", "performance", "francophonie", "BE"),
    ("theatre-nord", "Théâtre du Nord", "performance", "local", "FR"),
    ("lettres-sud", "Lettres du Sud", "books_press", "francophonie", "HT"),
    ("stream-world", "Streamworld", "audiovisual", "global", "US"),
    ("galerie-est", "Galerie de l’Est", "visual_arts", "local", "CA"),
    ("dessins-mer", "Dessins de la Mer", "design", "national", "FR"),
    ("contes-vent", "Contes du Vent", "intangible", "francophonie", "ML"),
    ("ecole-ouverte", "École ouverte", "education", "national", "FR"),
)
STATES: Final = ("candidate", "replicated", "notified", "replied", "published")
REPLY_FR: Final = (
    "Nous avons examiné la période signalée. Une règle de gestion appliquée par erreur aux flux d’un fournisseur de contenus a été "
    "retirée le 12 décembre.\n\nNous maintenons que nos clients n’ont pas été visés et publierons notre relevé interne."
)


def export(
    surface: form.Surface = "public",
    *,
    networks: int = 6,
    services: int = 13,
    seed: int = 5,
    drawn: int | None = 1,
) -> form.Export:
    """A quarter of a country: findings slowed, blocked, favoured, one corrected, one withdrawn, and certificates.

    ``drawn``: how many findings have series long enough to be drawn (``None``: all), for drawing takes most of the time.
    """
    made = _Made(random.Random(seed), networks, services).export(surface)
    if drawn is None:
        return made
    return msgspec.structs.replace(
        made, findings=(*made.findings[:drawn], *(_short(one) for one in made.findings[drawn:]))
    )


def _short(finding: form.ShownFinding) -> form.ShownFinding:
    own = finding.pictures
    few = form.Pictures(
        within=own.within[:2], over=own.over[:2], step_s=own.step_s, hours=own.hours[:2], withheld=4
    )
    return msgspec.structs.replace(finding, pictures=few if own.over else own)


def empty(surface: form.Surface = "public") -> form.Export:
    """Before anything is registered or measured."""
    return form.Export(surface=surface, counted=form.Counted(lines=None, pairs=None), **_head(0))


def _head(cells: int) -> dict[str, Any]:
    return {
        "made_at": "2026-12-28T06:00:00+00:00",
        "operator": "Observatoire Isonomia",
        "quarter": "2026Q4",
        "report_dates": ("2026-12-28",),
        "registration_sha256": "9aa7a2af03a2c4dbb53435d57fdbb23820001b4cf630b7023c99409873f2b8ae",
        "code_version": "0.1.0+b137088148b2",
        "catalogue_version": "3e1aa1e963bc3b6e",
        "hypotheses": 2 * cells,
        "q": 0.05,
        "rho": 0.02,
        "exclusions": {
            "sender_late": {
                "fr": "l’émetteur n’avait plus rien à envoyer à plus de 5 % des relevés",
                "en": "the sender had nothing left to send at over 5% of ticks",
            },
            "probe_busy": {
                "fr": "la sonde manquait de processeur (plus de 90 %)",
                "en": "the probe was short of CPU (over 90%)",
            },
        },
    }


class _Made:
    """One export in the making."""

    def __init__(self, rng: random.Random, networks: int, services: int) -> None:
        self.rng = rng
        self.brands = [NETWORKS[n] if n < len(NETWORKS) else f"Réseau {n:02}" for n in range(networks)]
        self.services = [SERVICES[n] if n < len(SERVICES) else self._service(n) for n in range(services)]
        self.lines = {brand: rng.randint(30, 160) for brand in self.brands}
        if len(self.brands) > 5:
            self.lines[self.brands[5]] = 0

    def _service(self, number: int) -> tuple[str, str, str, str, str]:
        sector = list(SECTORS)[number % len(SECTORS)]
        origin = ("local", "national", "francophonie", "global")[number % 4]
        return (
            f"service-{number:04}",
            f"Service culturel nº {number}",
            sector,
            origin,
            ("CA", "FR", "BE", "CH")[number % 4],
        )

    def export(self, surface: form.Surface) -> form.Export:
        findings = [*self._findings(surface)]
        by_cell = {(one.brand, one.service): one for one in findings}
        cells = tuple(self._cells(by_cell))
        total = sum(self.lines.values())
        days = [BEGAN + timedelta(days=n) for n in range(DAYS)]
        return form.Export(
            surface=surface,
            **_head(len(cells)),
            counted=form.Counted(lines=total, pairs=total * 118, days=DAYS),
            bytes=total * 118 * 17_300_000,
            first_day=days[0].date().isoformat(),
            last_day=days[-1].date().isoformat(),
            discarded={"sender_late": 312, "probe_busy": 1045, "other": 41},
            also_struck={"sender_late": 77},
            services=tuple(
                form.ServiceFacts(
                    id=name, title=title, names=(f"{name}.example",), pace_mbit_s=20.0, sector=sector, origin=origin,
                    country=country, languages=("fr",), counted=self._counted(total * 0.8, 31),
                )
                for name, title, sector, origin, country in self.services
            ),
            networks=tuple(
                form.NetworkFacts(brand=brand, asns=(64500 + n,), counted=self._counted(self.lines[brand], 118))
                for n, brand in enumerate(self.brands)
            ),
            cells=cells,
            regions=(
                form.Share(name="Québec", lines=round(total * 0.34)),
                form.Share(name="Bretagne", lines=round(total * 0.22)),
                form.Share(name="Île-de-France", lines=round(total * 0.2)),
                form.Share(name="Wallonie", lines=round(total * 0.11)),
                form.Share(name=None, lines=round(total * 0.13)),
            ),
            days=tuple(
                form.Day(
                    day=day.date().isoformat(),
                    counted=self._counted(total * (0.5 + 0.3 * self.rng.random()), 1.6 + 0.5 * math.sin(n / 4)),
                )
                for n, day in enumerate(days)
            ),
            findings=tuple(findings),
            disruptions=(
                form.Disruption(
                    title={"fr": "Panne d’un câble sous-marin", "en": "A submarine cable failed"},
                    text={
                        "fr": "Débits réduits pour tous les services, originaux et témoins de même. Aucun constat n’en dépend.",
                        "en": "Rates were lower for all services, originals and controls alike. No finding rests on those days.",
                    },
                    began_at="2026-11-03", ended_at="2026-11-05", networks=("Delta Mobile",), source="avis de l’exploitant du câble",
                ),
            ),
        )  # fmt: skip

    def _counted(self, lines: float, pairs_each: float) -> form.Counted:
        count = round(lines)
        if count < form.FEWEST_LINES:
            return form.Counted(lines=None, pairs=None)
        return form.Counted(lines=count, pairs=round(count * pairs_each), days=DAYS)

    def _cells(self, by_cell: dict[tuple[str, str], form.ShownFinding]) -> Iterator[form.CellFacts]:
        for brand in self.brands:
            for number, (service, *_) in enumerate(self.services):
                if len(self.brands) > 6 and (number + self.brands.index(brand)) % (len(self.brands) // 2):
                    continue  # a network measures some of a thousand services, not all
                finding = by_cell.get((brand, service))
                counted = self._counted(self.lines[brand] * (0.02 if number % 7 == 6 else 0.7), 12)
                shown: form.Shown = "withheld" if counted.lines is None else "not_judged"
                if finding is not None and finding.state in {"published", "corrected"}:
                    shown = "published"
                elif finding is not None and finding.outcome == "equivalent":
                    shown = "certificate"
                yield form.CellFacts(
                    brand=brand, technology="fibre", plan_class="ordinary", service=service, direction="down",
                    counted=counted, shown=shown, finding_id=finding.finding_id if finding else None,
                )  # fmt: skip

    def _findings(self, surface: form.Surface) -> Iterator[form.ShownFinding]:
        plan = [
            (0, 0, "policer", "slowed", "published"), (2, 1, "shaper", "slowed", "corrected"),
            (3, 2, "blocking_tcp", "slowed", "published"), (1, 8, "unknown", "favoured", "published"),
            (4, 3, None, None, "certificate"), (0, 4, None, None, "certificate"), (1, 5, "policer", "slowed", "withdrawn"),
        ]  # fmt: skip
        if surface == "inside":
            plan += [(4, 7, "burst_then_throttle", "slowed", "candidate"), (2, 9, None, None, "none")]
        more = max(0, len(self.services) // 10 - len(plan))
        plan += [(n % 5, 10 + n, "shaper", "slowed", "published") for n in range(more)]
        for network, service, mechanism, direction, state in plan:
            if network < len(self.brands) and service < len(self.services):
                yield self._finding(self.brands[network], self.services[service], mechanism, direction, state)

    def _finding(
        self, brand: str, service: tuple[str, ...], mechanism: str | None, direction: str | None, state: str
    ) -> form.ShownFinding:
        rng = self.rng
        certificate, blocked = state == "certificate", str(mechanism).startswith("blocking")
        ratio = {"slowed": rng.uniform(0.08, 0.6), "favoured": 1.24}.get(
            str(direction), rng.uniform(0.985, 1.01)
        )
        lines, pairs = rng.randint(14, 60), rng.randint(300, 900)
        value = math.log(ratio)
        effect = {"value": value, "low": value - 0.04, "high": value + 0.05, "homes": lines, "pairs": pairs,
                  "basis": "homes", "coverage": 0.964}  # fmt: skip
        outcome = "different" if direction else ("equivalent" if certificate else "undetermined")
        log_e = rng.uniform(12, 60) if direction else -0.68
        shown = None if certificate or state == "none" else state
        return form.ShownFinding(
            finding_id=f"{rng.getrandbits(96):024x}", state=shown, history=_history(shown),
            replies=_replies(shown, blocked=blocked, brand=brand), service=service[0], title=service[1], brand=brand,
            technology="fibre", plan_class="ordinary", direction="down", quarter="2026Q4", outcome=outcome,
            direction_of_effect=direction, grade=3 if direction else 0, attribution="unknown",
            mechanism=mechanism, metric="fail" if blocked else "thr", e_value=float(f"{math.exp(log_e):.6g}"), log_e=round(log_e, 6),
            log_bar=round(math.log(156 / 0.05), 6), hypotheses=156, q=0.05, rho=0.02, rho_at_bar=0.11,
            delivered_mbit_s=round(19.6 * ratio, 4) if direction == "slowed" and not blocked else None,
            interval=(round(19.1 * ratio, 4), round(20.1 * ratio, 4)) if direction == "slowed" and not blocked else None,
            effect=None if blocked else effect, effects=dict.fromkeys(METRICS, effect) if not blocked else {},
            share_of_homes={"value": 0.93, "low": 0.77, "high": 0.99, "affected": lines - 2, "homes": lines} if direction else None,
            failures={"original": {"tls_reset": pairs - 9} if blocked else {}, "control": {"tls_reset": 2} if blocked else {}},
            homes=lines, keys=lines + 1, pairs=pairs, bytes=pairs * 17_300_000, seconds=pairs * 8.1,
            discards={"sender_late": 7}, also_struck={"probe_busy": 5}, missing_tickets=3, highest_rate_mbit_s=20.0, largest_bucket_bytes=9_787_032,
            reasons=(), notes=(), gates=tuple({"gate": g, "status": "passed"} for g in ("negative", "neutral", "placebo", "positive")),
            grade_checks=dict.fromkeys(("report_date", "vetted_homes", "channels", "owned", "spoofed_popular", "rho", "order",
                                        "gates", "digests", "second_test", "strict_ebh", "lone_bar"), True) if direction else {},
            nameable=bool(direction), certificate={"issued": True} if certificate else None,
            judged_at="2026-12-28T06:00:00+00:00", code_version="0.1.0+b137088148b2", catalogue_version="3e1aa1e963bc3b6e",
            registration_sha256=_head(0)["registration_sha256"], measurement_ids_sha256="f09ec11e" * 8,
            sentences=_sentences(service[1], brand, outcome, blocked=blocked, favoured=direction == "favoured"),
            pictures=form.Pictures() if state == "withdrawn" else self._pictures(ratio, lines, pairs, mechanism),
        )  # fmt: skip

    def _pictures(self, ratio: float, lines: int, pairs: int, mechanism: str | None) -> form.Pictures:
        blocked = str(mechanism).startswith("blocking")
        busy = [
            math.exp(-(((hour - 21) % 24 - 0) ** 2) / 12) + math.exp(-((21 - hour) ** 2) / 12)
            for hour in range(24)
        ]

        def point(at: float, load: float, share: float, count: int) -> form.Point:
            control = 19.6 * (1 - 0.2 * load) * self.rng.uniform(0.98, 1.01)
            original = min(19.6 * share, control * (1.24 if share > 1.1 else 1)) * self.rng.uniform(
                0.97, 1.02
            )
            return form.Point(
                at=at, lines=min(lines, max(5, count // 3)), pairs=count,
                original=None if blocked else _spread(original, 0.06 + 0.1 * load), control=_spread(control, 0.05 + 0.22 * load),
                failed_original=round(count * 0.985) if blocked else 0, failed_control=0,
            )  # fmt: skip

        within = tuple(
            point(
                round(0.1 + 0.2 * n, 3),
                0.35 if n == 0 else 0.06,
                1.0 if mechanism == "shaper" and n < 3 else ratio,
                pairs,
            )
            for n in range(20)
        )
        steps = [n for n in range(DAYS) if n not in {29, 30}]
        started = 24 if mechanism == "shaper" else -1
        over = tuple(
            point(
                (BEGAN + timedelta(days=n)).timestamp(), 0.1, 1.0 if n < started else ratio, pairs // 60 + 9
            )
            for n in steps
        )
        hours = tuple(point(float(h), busy[h], ratio, pairs // 20 + 5) for h in range(24) if h not in {3, 4})
        return form.Pictures(within=within, over=over, step_s=86_400, hours=hours, withheld=4)


def _spread(mid: float, width: float) -> form.Spread:
    return form.Spread(
        *(float(f"{value:.3g}") for value in (mid * (1 - width), mid, min(20.0, mid * (1 + width / 3))))
    )


def _history(state: str | None) -> tuple[form.Change, ...]:
    if state is None:
        return ()
    texts = {
        "candidate": "E au-delà du seuil à la date du rapport", "replicated": "paires neuves, semaines 47 et 48",
        "notified": "dossier envoyé au réseau et au service", "replied": "réponse reçue par écrit",
        "published": "décision du comité de lecture",
    }  # fmt: skip
    steps = STATES[: STATES.index(state) + 1] if state in STATES else STATES
    made = [
        form.Change(
            state=step,
            at=(BEGAN + timedelta(days=40 + 9 * n)).isoformat(),
            reason=texts[step],
            reply_sha256=("ab" * 32,) if step == "replied" else (),
        )
        for n, step in enumerate(steps)
    ]
    after = {
        "corrected": "arrondi du débit corrigé après relecture",
        "withdrawn": "le nom témoin n’était pas neutre sur ce réseau",
    }
    if state in after:
        made.append(
            form.Change(state=state, at=(BEGAN + timedelta(days=83)).isoformat(), reason=after[state])
        )
    return tuple(made)


def _replies(state: str | None, *, blocked: bool, brand: str) -> tuple[form.Reply, ...]:
    if state not in {"published", "corrected"} or blocked:
        return ()
    return (
        form.Reply(
            by=f"{brand}, direction des affaires réglementaires",
            at="2026-12-14",
            language="fr",
            text=REPLY_FR,
        ),
    )


def _sentences(
    title: str, brand: str, outcome: str, *, blocked: bool, favoured: bool
) -> dict[str, tuple[str, ...]]:
    cell = f"{brand} / fibre / ordinary / down"
    if outcome != "different":
        return {
            "fr": (f"Les échanges qui portent le nom de {title} n’ont pas été ralentis de plus de 10 % au-dessous de 20 Mbit/s ({cell}).",
                   "Cela vaut pour plus de 80 % des foyers, de jour, le soir et dans les transferts longs.",
                   "Ce certificat ne dit rien au-dessus de ce débit, ni d’autres foyers, ni des vrais serveurs du service."),
            "en": (f"Traffic bearing the name of {title} was not slowed by more than 10% below 20 Mbit/s ({cell}).",
                   "This holds for more than 80% of homes, by day, in the evening and in long transfers.",
                   "This certificate says nothing above that rate, nor of other homes, nor of the service’s real servers."),
        }  # fmt: skip
    verb_fr = "n’ont pas abouti" if blocked else ("ont été favorisés" if favoured else "ont été ralentis")
    verb_en = "did not get through" if blocked else ("was favoured" if favoured else "was slowed")
    return {
        "fr": (f"Les échanges qui portent le nom de {title} {verb_fr}, comparés aux mêmes échanges sous un nom neutre ({cell}).",
               "Degré 3 sur 4 : le constat tient sur les seuls foyers vérifiés, face à chaque sorte de témoin, sans aucun canal de recrutement pris à part, et par un second test.",
               "Ce constat ne dit ni qui agit sur le chemin, ni pourquoi, ni si c’est permis ; il vaut pour le trafic vers nos répondeurs et pour cette période."),
        "en": (f"Traffic that bears the name of {title} {verb_en}, compared with the same traffic under a neutral name ({cell}).",
               "Grade 3 of 4: the finding stands on vetted homes alone, against each kind of control, without any one recruitment channel, and by a second test.",
               "This finding does not say who acts on the path, nor why, nor whether it is allowed; it holds for traffic towards our responders and for this period."),
    }  # fmt: skip
