"""``isonomia-analysis direct``: the false answers in a store, in words or in JSON."""

from pathlib import Path

import msgspec

from analysis.direct.rule import FalseAnswer, judge
from analysis.direct.sights import read
from analysis.messages import Trouble, say
from analysis.words import Language


def lines(store: Path, language: Language, *, as_json: bool) -> list[str]:
    """What is to be printed. Raises ``Trouble`` for a folder that is no collector's."""
    if not (store / "plans").is_dir():
        raise Trouble("store.missing", path=store)
    sights = list(read(store))
    found = judge(sights)
    if as_json:
        return [msgspec.json.format(msgspec.json.encode(found), indent=1).decode()]
    return [_line(one, language) for one in found] or [say("direct.none", language, sights=len(sights))]


def _line(one: FalseAnswer, language: Language) -> str:
    missing = "; ".join(say(f"direct.condition.{condition}", language) for condition in one.missing)
    return say(
        "direct.answer",
        language,
        service=one.service,
        network=say("direct.unknown", language) if one.network is None else f"AS{one.network}",
        kind=say(f"direct.kind.{one.kind}", language),
        answer=one.answer[:80],
        lines=one.lines,
        days=one.days,
        elsewhere=one.elsewhere_lines,
        state=say("direct.missing", language, missing=missing),
    )
