"""Verify: findings recomputed from the ids and hashes they carry, and compared (architecture.md, "The analysis").

The same store, read as it was when the finding was judged, the same registration, this code: outcome, grade, ids and
hashes must be equal, numbers within 2e-6, and the sentences those that the record's own numbers give. ``code_version`` may
differ, and is told; then the note that other code than the registered one judged may, too. Nothing is believed: every signature in the store is verified again on the way.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from math import isclose
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from analysis.finding import Finding, withdrawn_of
from analysis.finding_notes import NOTE_OTHER_RULES
from analysis.judge import judge
from analysis.messages import Trouble
from analysis.registration import load
from analysis.sentences import with_sentences
from analysis.stats.parameters import Parameters
from collector.reader import read_withdrawn

TOLERANCE: Final = 2e-6
TOLD: Final = ("code_version",)
"""What may differ."""
DISABLED: Final = "NPY_DISABLE_CPU_FEATURES"


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """One finding verified: it holds if nothing differs. ``other_code``: whether another version judged it.

    ``withdrawn`` of ``homes`` have taken their measurements back since, so that it cannot come out again as it was.
    """

    finding_id: str
    cell: str
    holds: bool
    differs: tuple[str, ...]
    other_code: bool
    withdrawn: int = 0
    homes: int = 0


def verify(path: Path, store: Path, registration: Path, *, keep_going: bool = False) -> list[Verified]:
    """Each finding of a file, which holds one or a list; raises ``Trouble`` for what cannot be read or trusted."""
    recorded = read_findings(path)
    if not recorded:
        raise Trouble("verify.nothing", path=path)
    return verify_records(recorded, store, registration, path, keep_going=keep_going)


def verify_records(
    recorded: Sequence[Finding], store: Path, registration: Path, path: Path, *, keep_going: bool = False
) -> list[Verified]:
    """Each of these findings, which were read from ``path``; raises ``Trouble`` for what cannot be read or trusted."""
    registered, digest, parameters = load(registration)
    again: dict[tuple[str, ...], Finding] = {}
    for judged_at in sorted({one.judged_at for one in recorded}):
        judgement = judge(
            store, registered, digest, parameters,
            now=moment_of(judged_at, path), full=True, keep_going=keep_going,
        )  # fmt: skip
        again |= {(judged_at, *_cell(one)): one for one in judgement.findings}
    gone = read_withdrawn(store)
    return [
        _with_withdrawn(compared(one, again.get((one.judged_at, *_cell(one))), parameters), one, gone)
        for one in recorded
    ]


def _with_withdrawn(verified: Verified, recorded: Finding, gone: frozenset[bytes]) -> Verified:
    withdrawn, homes = withdrawn_of(recorded, gone)
    return msgspec.structs.replace(verified, withdrawn=withdrawn, homes=homes)


def read_findings(path: Path) -> list[Finding]:
    """The findings of a file; raises ``Trouble``."""
    try:
        content = path.read_bytes()
        value = msgspec.json.decode(content)
        return msgspec.convert(value if isinstance(value, list) else [value], list[Finding])
    except OSError as error:
        raise Trouble("finding.missing", path=path, detail=error.strerror or error) from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Trouble("finding.unreadable", path=path, detail=error) from error


def same_on_other_cpu(
    path: Path, store: Path, registration: Path, features: Sequence[str] | None = None
) -> tuple[bool, tuple[str, ...]]:
    """Whether the judgement has the same bytes in a process without ``features`` (all that numpy found), and which.

    Raises ``Trouble`` if a process cannot judge.
    """
    without = tuple(features) if features is not None else cpu_features()
    judged_at = read_findings(path)[0].judged_at
    words = [
        sys.executable, "-m", "analysis", "judge", "--store", str(store), "--registration", str(registration),
        "--json", "--full", "--as-of", judged_at,
    ]  # fmt: skip
    plain = {name: value for name, value in os.environ.items() if name != DISABLED}
    outputs = []
    for environment in (plain, {**plain, DISABLED: " ".join(without)}):
        done = subprocess.run(words, env=environment, capture_output=True, check=False)
        if done.returncode:
            raise Trouble(
                "verify.cannot_judge", exit_code=3, detail=done.stderr.decode(errors="replace").strip()
            )
        outputs.append(done.stdout)
    return outputs[0] == outputs[1], without


def cpu_features() -> tuple[str, ...]:
    """The vector instructions that numpy found here and can do without."""
    shown: Any = np.show_config(mode="dicts")
    return tuple(shown.get("SIMD Extensions", {}).get("found", ()))


def differences(recorded: Any, found: Any, where: str = "") -> list[str]:
    """A line for each place where two plain values differ; numbers may by 2e-6 of their size."""
    if isinstance(recorded, dict) and isinstance(found, dict):
        lines = [f"{where}.{name}".lstrip(".") for name in sorted(set(recorded) ^ set(found))]
        common = [name for name in recorded if name in found]
        return lines + [
            line for n in common for line in differences(recorded[n], found[n], f"{where}.{n}".lstrip("."))
        ]
    if isinstance(recorded, list) and isinstance(found, list) and len(recorded) == len(found):
        pairs = enumerate(zip(recorded, found, strict=True))
        return [line for n, (one, other) in pairs for line in differences(one, other, f"{where}[{n}]")]
    if isinstance(recorded, float) and isinstance(found, float):
        same = isclose(recorded, found, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    else:
        same = type(recorded) is type(found) and recorded == found
    return [] if same else [f"{where}: {_short(recorded)} != {_short(found)}"]


def compared(recorded: Finding, found: Finding | None, parameters: Parameters) -> Verified:
    """A finding beside what was judged again."""
    if found is None:
        lines = ["the registration has no such cell"]
    else:
        found = msgspec.json.decode(msgspec.json.encode(found), type=Finding)  # as a file would give it
        lines = differences(*_of_any_code(_plain(recorded), _plain(found), recorded, found))
        if recorded.measurement_ids not in (None, found.measurement_ids):
            lines.append("measurement_ids")
        if not says_so(recorded, parameters):
            lines.append("sentences")
    return Verified(
        finding_id=recorded.finding_id,
        cell="/".join(_cell(recorded)),
        holds=not lines,
        differs=tuple(lines),
        other_code=found is not None and found.code_version != recorded.code_version,
    )


def says_so(finding: Finding, parameters: Parameters) -> bool:
    """Whether a finding's sentences are those that its own numbers give; of numbers that contradict each other there are none."""
    try:
        return with_sentences(finding, parameters).sentences == finding.sentences
    except (KeyError, ValueError, TypeError, AttributeError, ArithmeticError):
        return False


def _plain(finding: Finding) -> dict[str, Any]:
    """What is compared: without the sentences, and without ids where they were not kept."""
    value: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(finding))
    for name in (*TOLD, "sentences", "measurement_ids", "key_hashes"):
        value.pop(name, None)
    return value


def _of_any_code(
    one: dict[str, Any], other: dict[str, Any], recorded: Finding, found: Finding
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both, without what they say of their own code where this is another: whether it was the registered one is no matter of the measurements."""
    if recorded.code_version != found.code_version:
        for plain in (one, other):
            if NOTE_OTHER_RULES in plain["notes"]:
                plain["notes"].remove(NOTE_OTHER_RULES)
    return one, other


def _cell(finding: Finding) -> tuple[str, ...]:
    return (finding.brand, finding.technology, finding.plan_class, finding.service, finding.direction)


def moment_of(judged_at: str, path: Path) -> datetime:
    """When a finding of the file at ``path`` was judged; raises ``Trouble`` for no time, or one without its offset."""
    try:
        moment = datetime.fromisoformat(judged_at)
    except ValueError as error:
        raise Trouble("finding.unreadable", path=path, detail=f"judged_at: {judged_at!r}") from error
    if moment.tzinfo is None:
        raise Trouble("finding.unreadable", path=path, detail=f"judged_at: {judged_at!r}")
    return moment


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
