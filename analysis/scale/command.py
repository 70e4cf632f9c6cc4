"""``isonomia-analysis judge``: in memory or through a folder, here or on a cluster; the findings have the same bytes."""

import argparse
from collections.abc import Iterable
from contextlib import nullcontext
from datetime import datetime
from functools import partial

from analysis.clusters import read_apart
from analysis.direct.contrary import against
from analysis.judge import Judged, Look, judge
from analysis.observe.record import Observation
from analysis.people import read_people
from analysis.quarter import read_beside
from analysis.registration import Registration
from analysis.scale.judged import judge_on_disk
from analysis.scale.scheduler import here, on_cluster
from analysis.source import store_source
from analysis.stats.parameters import Parameters
from analysis.vetted import read_vetted
from collector.quarters import unix_us


def run(
    options: argparse.Namespace, registered: Registration, digest: str, parameters: Parameters, now: datetime
) -> tuple[Judged, Iterable[Observation]]:
    """The judgement that was asked for, and its observations in order of time."""
    now = now.replace(microsecond=0)
    with on_cluster(options.scheduler) if options.scheduler else nullcontext() as each:
        if options.spool is None:
            judgement = judge(
                options.store, registered, digest, parameters, now=now, full=options.full,
                keep_going=options.keep_going, signatures=options.signatures, each=each or here,
            )  # fmt: skip
            return judgement, judgement.observations
        source = store_source(options.store)
        vetted = read_vetted(source, registered)
        apart = read_apart(source, registered)
        until_us = unix_us(now)
        direct = partial(against, options.store, registered.quarter, until_us)
        look = Look(
            registered, digest, parameters, now, options.full, vetted, apart, direct,
            joined=read_people(source), beside=read_beside(source, registered, digest, now),
        )  # fmt: skip
        on_disk = judge_on_disk(
            source, options.spool, look, keep_going=options.keep_going,
            until_us=until_us, signatures=options.signatures, each=each,
        )  # fmt: skip
        return on_disk.judged, on_disk.observations() if options.observations else ()
