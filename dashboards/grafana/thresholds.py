"""Every number that colours a panel or raises an alert, once, with its reason in both languages."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Threshold:
    """``value`` in the unit of what it is held against; ``above``: whether more is worse. ``raison`` is the reason in French."""

    value: float
    reason: str
    raison: str
    above: bool = True


THRESHOLDS: Final[dict[str, Threshold]] = {
    "few_lines": Threshold(
        5,
        "evidence.md, L2: nothing is published of fewer than five lines",
        "evidence.md, L2 : rien n’est publié de moins de cinq lignes",
        above=False,
    ),
    "comparison_lines": Threshold(
        10,
        "evidence.md, L2: a region may be small, so a provider is compared in it with ten lines or more; no league table below",
        "evidence.md, L2 : une région peut être petite, un fournisseur n’y est comparé qu’à partir de dix lignes ; aucun palmarès en dessous",
        above=False,
    ),
    "equal": Threshold(
        100,
        "original and control pass alike: what the trend is read against, no verdict",
        "l’original et le témoin passent pareil : ce à quoi la tendance se lit, pas un verdict",
        above=False,
    ),
    "discarded_percent": Threshold(
        10,
        "integrity.md 1: missing or lost over 10 % makes a cell invalid; a fleet near it needs a look",
        "integrity.md 1 : plus de 10 % de manquants ou perdus rendent une cellule invalide ; un parc qui s’en approche est à regarder",
    ),
    "grade": Threshold(
        3,
        "integrity.md 10: from grade 3 a network may be named after notice and reply",
        "integrity.md 10 : à partir du degré 3 un réseau peut être nommé, après notification et réponse",
    ),
    "disruption_percent": Threshold(
        50,
        "controls bear neutral names: if half of them fail, it is the network or a responder, not a service",
        "les témoins portent des noms neutres : si la moitié échouent, c’est le réseau ou un répondeur, pas un service",
    ),
    "disruption_pairs": Threshold(
        20,
        "under twenty pairs, half of them failing is one bad home",
        "sous vingt paires, la moitié d’échecs, c’est un seul foyer en panne",
        above=False,
    ),
    "silent_pairs": Threshold(
        1,
        "every home measures several times a day: six hours without a pair are nobody's sleep",
        "chaque foyer mesure plusieurs fois par jour : six heures sans une paire ne sont le sommeil de personne",
        above=False,
    ),
    "lag_rows": Threshold(
        50_000,
        "more than the feed writes in ten seconds (docs/notes/016): it is not keeping up",
        "plus que l’alimentation n’écrit en dix secondes (docs/notes/016) : elle ne suit pas",
    ),
    "disk_free_percent": Threshold(
        10,
        "the sealer needs room for an hour and its copy; SQLite stops taking documents on a full disk",
        "le scelleur a besoin de place pour une heure et sa copie ; SQLite ne prend plus de documents sur un disque plein",
        above=False,
    ),
    "parity": Threshold(
        95,
        "5 % is the least difference that the e-process is tuned to see (detection.md 4)",
        "5 % est la moindre différence que l’e-processus est réglé pour voir (detection.md 4)",
        above=False,
    ),
}
