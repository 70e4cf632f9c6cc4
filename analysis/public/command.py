"""``isonomia-analysis export-public`` and ``export-inside``: judge, choose what may leave, write one file."""

import argparse
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from analysis import registration, state_ledger
from analysis.finding import Finding
from analysis.judge import judge
from analysis.messages import Trouble, say
from analysis.public import form
from analysis.public.make import Sources, make, wanted
from analysis.public.pictures import read_courses
from analysis.public.rule import is_the_published, was_published
from analysis.record import record_sha256
from analysis.states import Change, shown_record
from analysis.verify import read_findings
from analysis.words import Language
from collector.reader import read_withdrawn
from probe.catalogue.read import shipped

LARGEST_REPLY: int = 20_000
"""Characters; a longer one is published by its author, and linked."""
T = TypeVar("T")


class FiledReply(form.Reply, frozen=True, kw_only=True):
    """A reply as it is filed: with the finding it answers."""

    finding_id: str


def export(options: argparse.Namespace, surface: form.Surface, now: datetime) -> form.Export:
    """What the options ask for; raises ``Trouble``."""
    registered, digest, parameters = registration.load(options.registration)
    judged = judge(
        options.store, registered, digest, parameters, now=now, full=True, keep_going=options.keep_going
    )
    history, last = state_ledger.read(options.ledger) if options.ledger else ((), None)
    sources = Sources(
        judgement=judged,
        registration=registered,
        registration_sha256=digest,
        parameters=parameters,
        catalogue=shipped(),
        history=history,
        recorded=recorded(options.findings, history),
        replies=replies(options.replies),
        disruptions=_filed(options.disruptions, list[form.Disruption]) or (),
        gone=read_withdrawn(options.store),
        ledger_sha256=last,
    )
    _, ids = wanted(sources, surface)
    courses = read_courses(options.store, ids, parameters)
    return make(sources, surface, now.astimezone(UTC), courses)


def wanting(options: argparse.Namespace, made: form.Export, language: Language) -> Iterator[str]:
    """What the edition lacks though ledger or replies speak of it: nobody is to lose a finding or a reply unseen."""
    history, _ = state_ledger.read(options.ledger) if options.ledger else ((), "")
    filed = replies(options.replies)
    shown = {one.finding_id for one in made.findings}
    known = {one.finding_id for one in history}
    lacking = {
        "export.no_record": {one for one in known - shown if was_published(history, one)},
        "export.reply_of_none": filed.keys() - known - shown,
        "export.reply_wanting": {
            one.finding_id
            for one in history
            if one.state == "replied" and one.finding_id in shown and one.finding_id not in filed
        },
    }
    for text, ids in lacking.items():
        if ids:
            yield say(text, language, ids=" ".join(sorted(ids)))


def recorded(paths: Iterable[Path] | None, history: Sequence[Change]) -> list[Finding]:
    """Findings as they were judged, of every file; raises ``Trouble`` for one that is not the record that was published."""
    found = [(path, one) for path in paths or () for one in read_findings(path)]
    for path, one in found:
        if was_published(history, one.finding_id) and not is_the_published(one, history):
            entered = shown_record(history, one.finding_id) or "–"
            raise Trouble(
                "export.other_record", path=path, finding_id=one.finding_id,
                entered=entered, found=record_sha256(one),
            )  # fmt: skip
    return [one for _, one in found]


def replies(path: Path | None) -> Mapping[str, Sequence[form.Reply]]:
    """Replies by finding, in order of time; raises ``Trouble``."""
    found: dict[str, list[form.Reply]] = defaultdict(list)
    for filed in sorted(_filed(path, list[FiledReply]) or (), key=lambda one: one.at):
        if len(filed.text) > LARGEST_REPLY:
            detail = f"{filed.finding_id}: > {LARGEST_REPLY}"
            raise Trouble("export.unreadable", path=path, detail=detail)
        found[filed.finding_id].append(
            form.Reply(by=filed.by, at=filed.at, language=filed.language, text=filed.text)
        )
    return found


def _filed(path: Path | None, kind: type[T]) -> T | None:
    if path is None:
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except OSError as error:
        raise Trouble("export.unreadable", path=path, detail=error.strerror or error) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Trouble("export.unreadable", path=path, detail=error) from error
