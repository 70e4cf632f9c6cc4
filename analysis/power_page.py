"""docs/power.md as text: tables with the design's printed figures beside them, and why they differ where they do."""

from collections.abc import Iterable, Sequence

from analysis.power_lab import LINE_BIT_S, RTT_MS
from analysis.power_reference import (
    BASE,
    CEILING,
    FINAL_MEAN,
    FORGED,
    NULL,
    PRINTED_NULL_EVALUATIONS,
    SIZES,
)
from analysis.power_results import FULL, KEYS, Results
from analysis.power_runs import BEYOND_RHO, PowerCell
from analysis.stats.predict import Prediction

LARGE = 0.15
"""A difference from a printed share of more than this is marked."""

_HEAD = """# Power · Puissance

- **fr** Ce que la procédure trouve et ne trouve pas, par simulation : combien de foyers et de paires il faut, combien de fois
  elle accuse à tort, ce que peuvent des foyers menteurs. Aucune donnée de terrain ; page écrite par `{command}`.
- **en** What the procedure finds and does not find, by simulation: how many homes and pairs it takes, how often it accuses
  wrongly, what lying homes can do. No field data; page written by `{command}`.

`final` is the procedure as built (design, section 4). *Printed* figures are those of the design's detection.md, from another
program with other noise. Every table has its own generator from seed {seed}; the same seed writes the same page.
{worth}
"""
_WORTHLESS = "\n**A page of `--quick`: far too few cells; its figures are worth nothing.**\n"

_NULL = """## Innocent networks · Réseaux innocents

- **fr** E vaut au plus 1 en moyenne si personne n’est traité autrement ; 20 et 400 sont les seuils d’alerte et de constat.
- **en** E is worth at most 1 on average where nobody is treated unequally; 20 and 400 are the bars of an alert and of a finding.

{homes:,} homes a row, cut into cells of 3, 10, 30 and 100 homes with 1, 5 and 20 pairs, both hypotheses: {evaluations:,}
evaluations, not independent (printed: {printed:,}). Worst is the largest mean of any size.
"""
_NULL_NOTES = """
- E is higher here than printed in the smallest cells, and below 1 in both. A home that has no long pair, or none in the evening,
  has wagered nothing in that stratum and is not divided by anything there (`stats/cell.py`); the printed runs seem to have
  divided by every home. Tried with `base` on R4 B250k at 30x1: .58 as built, .23 if all homes divide, .17 printed.
- † rows hold more odd homes than rho = 2 % allows for. They are not null: E is not owed to be below 1 there. A few cells decide
  their means, which differ by orders of magnitude from run to run, and the printed ones rest on eight times as many cells.
"""

_POWER = """## Power · Puissance

- **fr** Part des cellules où E atteint 400 (un service sur dix déposés, deux hypothèses chacun, q = 0,05).
- **en** Share of cells where E reaches 400 (one service of ten registered, two hypotheses each, q = .05).

{homes:,} homes a treatment. Each entry: **`final` here** / `base` here / `base` printed. `base` is an earlier procedure, rebuilt
here so that the two programs can be compared on one thing. `!` marks `base` here and printed more than {large} apart.
R is the rate in Mbit/s, B the bucket; R rows are half policers, half shapers. 1 % of bias and 2 % of rogue homes throughout.
"""
_POWER_NOTES = """
Where `base` here and printed differ:

- **30x1, peak, and part of all small sizes**: strata in which not all homes have a pair, as under the first table: a home
  without such a pair does not dilute the others. With one pair a home that decides.
- **R10, R15, all B2M**: a rate on the wire delivers 95.6 % of it as payload here (measured in the lab), so R15 slows a pace of 20 Mbit/s
  by 28 % and not by 25 %, empties a bucket sooner, and touches lines whose pace is just above it. R15 B2M is the extreme: its
  bucket lasts 3.2 s of 4 s at R = 15 and 2.7 s at 14.3.
- **burst3MB R4**: the design does not say what bucket stands behind the 3 MB; here it is 16 kB.
- **slow5**: with 1 % of bias the effect is .061 against a delta of .05; what is seen of the hundredth between depends on the noise of
  rates alone. By both programs: not with fewer than 30 homes.
- **slow20**: noise of rates, set by slow10 (see the end).
- **share50, share70**: who has less left than the pace decides. Here that is lines below 40 Mbit/s, or a congested cell in the evening;
  the printed runs must have had more of them. Both are blind to share20.

Where they agree for another reason: loss here also slows (Mathis: about 8 Mbit/s at 1 % and 20 ms), in the printed runs it
acted on the count alone; and `base` printed had long pairs of 20 s, here of 10 s.

Mean over the treatments, `base` / `final`:

"""

_FORGED = """## Homes that lie · Foyers menteurs

- **fr** Foyers inventés contre foyers honnêtes : pour accuser un réseau innocent, ou pour en acquitter un qui bride à 4 Mbit/s.
- **en** Invented homes against honest ones: to accuse an innocent network, or to acquit one that polices to 4 Mbit/s.

Median E with 1 · 3 · 5 · 10 forged homes, in brackets the share of cells with E >= 400 if not 0; {cells} cells an entry. A
forger makes every pair as incriminating (or exonerating) as can be on rate, late rate, RTT and loss. Printed: `base`.
"""
_FORGED_NOTES = """
- Few pairs are easier to forge under `final` than under `base`, because it pools all pairs of a home: detection.md says so too
  (2,000 against 359 for 5 forged, 3 honest, 5 pairs). Accusing from nothing takes **{fewest} lines** at 20 pairs.
- What caps a forger is the line, not the key. The most that 1 / 2 / 3 / 4 / 5 clusters can be worth is {ceiling}
  (`stats/cell.py` checks it). The table below is of keys on **one line**: they never accuse, and acquit as one home would.
- Hence grades 3 and 4 ask for five vetted homes, enrolled before the registration, from two channels (integrity.md 5).
"""

_STRATA = """## Networks that treat control names by kind · Réseaux qui trient les témoins

- **fr** Un réseau qui ralentit les noms inconnus ou mal placés trompe un seul type de témoin, pas deux.
- **en** A network that slows unknown or misplaced names deceives one kind of control, not two.

10 homes x 10 pairs, half of the controls owned names, half spoofed popular ones; policed to 4 Mbit/s. Shares of cells with
E >= 400, and the median effect on the rate in each stratum (ln). A finding is decided on all pairs and must be borne out by each
stratum alone (`analysis/gates.py`): only the first network's is.
"""

_LINES = """## Keys that share a line · Clés sur une même ligne

Ten honest keys with 5 pairs each, policed to 4 Mbit/s, on 10, 5, 2 and 1 lines: evidence is capped by line.
"""

_LAB = """## What the lab should see · Ce que le laboratoire doit voir

- **fr** Probabilité qu’une cellule du laboratoire soit signalée par e-BH (q = 0,05), m services déposés, deux hypothèses chacun.
- **en** Probability that the lab's cell is flagged by e-BH (q = .05), m services registered, two hypotheses each.

`analysis.stats.predict`, line {line:g} Mbit/s, RTT {rtt:g} ms, pace 20 Mbit/s; in brackets the 95 % interval of {repeats} repeats,
which knows nothing of what the model leaves out.
"""

_SHORT = """## What falls short · Ce qui manque

- No packets: rates behind limiters are closed forms (`stats/simulate_tcp.py` names their sources and what the lab measured beside
  them). Time-outs after a large bucket runs dry, several policies at once and bursts of loss are not there.
- Sizes of noise are a choice. They were set so that `base` finds a 10 % slow-down as often as printed; nobody has measured homes yet.
- Rogue homes are independent of one another and halve or block; a common router model that throttles is a cluster, not simulated.
- The one 20 s pair a home and quarter, wash-out pairs and saturate pairs are in no cell here.
- Small cells of a row are cut from the same homes, so figures in a row go together.
"""


def page(results: Results) -> str:
    """The whole page, ending with a newline."""
    parts = [
        _head(results),
        _nulls(results),
        _power(results),
        _forged(results),
        _strata(results),
        _lab(results),
        _SHORT,
    ]
    return "\n".join(parts)


def _head(results: Results) -> str:
    command = "isonomia-analysis power --out docs/power.md"
    worth = "" if results.sizes == FULL else _WORTHLESS
    return _HEAD.format(command=command, seed=results.seed, worth=worth)


def _nulls(results: Results) -> str:
    rows = []
    for name, row in results.nulls.items():
        printed = NULL[name]
        rows.append((
            name + (" †" if name in BEYOND_RHO else ""), _number(row.mean), f"{_number(row.worst)} at {row.worst_at}",
            f"{row.at_20} / {row.at_400}", f"{_number(printed.mean)} ({_number(printed.worst)} at {printed.worst_at})",
            f"{printed.at_20} / {printed.at_400}",
        ))  # fmt: skip
    head = ("setting", "mean E", "worst", "E >= 20 / 400", "printed: mean (worst)", "printed: E >= 20 / 400")
    evaluations = next(iter(results.nulls.values())).evaluations
    text = _NULL.format(
        homes=results.sizes.null_homes, evaluations=evaluations, printed=PRINTED_NULL_EVALUATIONS
    )
    within = [row for name, row in results.nulls.items() if name not in BEYOND_RHO]
    summary = (
        f"\nOver the {len(within)} settings within the null: largest mean E of any size "
        f"{_number(max(row.worst for row in within))}; E >= 20 in {sum(row.at_20 for row in within)} and E >= 400 in "
        f"{sum(row.at_400 for row in within)} of {sum(row.evaluations for row in within):,} evaluations. "
        "† more odd homes than rho allows for.\n"
    )
    return text + "\n" + _table(head, rows) + summary + _NULL_NOTES


def _power(results: Results) -> str:
    rows = []
    for name, cells in results.power.items():
        printed = [float(share) for share in BASE[name].split()]
        entries = (_entry(cells[size], share) for size, share in zip(SIZES, printed, strict=True))
        rows.append((name, *entries))
    head = ("treatment", *(f"{homes}x{pairs}" for homes, pairs in SIZES))
    text = _POWER.format(homes=results.sizes.power_homes, large=LARGE)
    return text + "\n" + _table(head, rows) + _POWER_NOTES + _means(results)


def _means(results: Results) -> str:
    count = len(results.power)
    rows = []
    for size in SIZES:
        cells = [row[size] for row in results.power.values()]
        here = f"{_share(sum(c.base for c in cells) / count)} / {_share(sum(c.final for c in cells) / count)}"
        printed = FINAL_MEAN.get(size)
        beside = f"{_share(printed[0])} / {_share(printed[1])}" if printed else "-"
        rows.append((f"{size[0]}x{size[1]}", here, beside))
    return _table(("homes x pairs", "here", "printed"), rows)


def _entry(cell: PowerCell, printed: float) -> str:
    mark = " !" if abs(cell.base - printed) > LARGE else ""
    return f"**{_share(cell.final)}** / {_share(cell.base)} / {_share(printed)}{mark}"


def _forged(results: Results) -> str:
    rows = []
    for (aim, pairs, honest), cells in results.forged.items():
        unforged = results.unforged.get((pairs, honest)) if aim == "acquit" else None
        alone = _forged_entry(unforged.median, unforged.share) if unforged else "-"
        here = " · ".join(_forged_entry(cell.median, cell.share) for cell in cells)
        rows.append((f"{aim}, {pairs} pairs", str(honest), alone, here, FORGED[aim, pairs, honest]))
    head = ("aim", "honest homes", "unforged", "1 · 3 · 5 · 10 forged", "printed (`base`)")
    lone = results.forged.get(("accuse", 20, 0), [])
    fewest = next((keys for keys, cell in zip(KEYS, lone, strict=False) if cell.share >= 0.5), "more than 10")
    one_line = [
        (aim, str(honest), " · ".join(_forged_entry(cell.median, cell.share) for cell in cells))
        for (aim, honest), cells in results.one_line.items()
    ]
    return (
        _FORGED.format(cells=results.sizes.forged_cells)
        + "\n"
        + _table(head, rows)
        + _FORGED_NOTES.format(fewest=fewest, ceiling=CEILING)
        + "\n"
        + _table(("aim", "honest homes", "20 pairs, 1 · 3 · 5 · 10 keys on one line"), one_line)
    )


def _strata(results: Results) -> str:
    rows = [
        (
            name, _share(row.slowed), _share(row.favoured), _share(row.slowed_owned), _share(row.slowed_spoofed),
            f"{row.effect_owned:+.2f} / {row.effect_spoofed:+.2f}",
        )
        for name, row in results.strata.items()
    ]  # fmt: skip
    head = (
        "the network", "`slowed`", "`favoured`", "`slowed`, owned alone", "`slowed`, popular alone",
        "effect owned / popular",
    )  # fmt: skip
    lines = [
        (str(count), _forged_entry(cell.median, 0), _share(cell.share))
        for count, cell in results.lines.items()
    ]
    return (
        _STRATA + "\n" + _table(head, rows) + "\n" + _LINES + "\n"
        + _table(("lines", "median E", "share with E >= 400"), lines)
    )  # fmt: skip


def _lab(results: Results) -> str:
    rows = [
        (name, _prediction(row.paced), _prediction(row.long), _prediction(row.ten))
        for name, row in results.lab.items()
    ]
    head = ("the lab's policy", "5 homes x 6 paced, m = 20", "5 x 6 long, m = 20", "10 x 6 paced, m = 100")
    text = _LAB.format(line=LINE_BIT_S / 1e6, rtt=RTT_MS, repeats=results.sizes.repeats)
    return text + "\n" + _table(head, rows)


def _prediction(prediction: Prediction) -> str:
    return f"{_share(prediction.probability)} ({_share(prediction.low)}-{_share(prediction.high)})"


def _forged_entry(median: float, share: float) -> str:
    return _number(median) + (f" ({_share(share)})" if share >= 0.005 else "")


def _share(value: float) -> str:
    """A share of cells: 0, 1, or two digits.

    >>> [_share(x) for x in (0, 0.004, 0.996, 0.5)]
    ['0', '0', '1', '.50']
    """
    text = f"{value:.2f}"
    return {"0.00": "0", "1.00": "1"}.get(text, text.removeprefix("0"))


def _number(value: float) -> str:
    """An E of any size, in few digits.

    >>> [_number(x) for x in (0.283, 4.52, 359, 2513, 7.7e5, 1e33)]
    ['0.28', '4.5', '359', '2,510', '7.7e5', '1e33']
    """
    if value < 1:
        return f"{value:.2f}"
    if value < 10:
        return f"{value:.2g}"
    if value < 1e5:
        return f"{int(float(f'{value:.3g}')):,}"
    digits, _, exponent = f"{value:.1e}".partition("e")
    return f"{digits.removesuffix('.0')}e{int(exponent)}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
