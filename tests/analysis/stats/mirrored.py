"""The same pairs with the labels exchanged: `favoured` is `slowed` of the mirror image (detection.md 4.4)."""

from dataclasses import replace

from analysis.stats.pair import PairTable


def mirror(pairs: PairTable) -> PairTable:
    """Every difference with the other sign, and the losses of the two runs exchanged."""
    return replace(
        pairs,
        d_thr=-pairs.d_thr,
        d_tail=-pairs.d_tail,
        d_rtt=-pairs.d_rtt,
        loss_original=pairs.loss_control,
        loss_control=pairs.loss_original,
        d_fail=-pairs.d_fail,
    )
