"""``isonomia-analysis register``: from a store's newest plan and the words of the command line to a registration."""

import argparse
import sys
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from analysis import registration
from analysis.direct.registered import thresholds
from analysis.messages import Trouble, say
from analysis.words import Language
from collector.data_folder import DataFolder
from collector.quarters import window_us
from collector.reader import read_plans
from collector.registrations import leave, left

UNKNOWN = "unknown"
T = TypeVar("T")


def register(options: argparse.Namespace, language: Language) -> int:
    """Write a registration for the newest plan of a store; the exit code. Raises ``Trouble``."""
    quarter, dates = (
        _checked_quarter(options.quarter),
        [_checked_date(text) for text in options.report_date or ()],
    )
    if not (options.store / "plans").is_dir():
        raise Trouble("store.missing", path=options.store)
    plans = read_plans(options.store)
    if not plans:
        raise Trouble("store.no_plan", path=options.store)
    asns = _gathered(map(registration.asn_of, options.asn or ()))
    keys = _gathered(map(registration.key_of, options.responder_key or ()))
    responders = [registration.responder_of(text) for text in options.responder or ()]
    check_keys(responders, {*keys, *(one.id for one in plans[-1].responders)}, options.store)
    drafted = registration.draft(
        plans[-1],
        brands=options.brand or [UNKNOWN],
        technologies=options.technology or [UNKNOWN],
        plan_classes=options.plan_class or [UNKNOWN],
        directions=options.direction or ["down"],
        made_at=datetime.now(UTC),
        asns=asns,
        quarter=quarter,
        report_dates=dates,
        gates=[registration.gate_of(text) for text in options.gate or ()],
        channels=_gathered(map(registration.channel_of, options.invitation or ())),
        responders=responders,
        responder_keys=keys,
        earlier=_earlier(options.store),
        direct=thresholds(),
    )
    digest = registration.write(drafted, options.out)
    unsealed = _leave(options.store, options.out)
    facts = {
        "path": str(options.out),
        "quarter": drafted.quarter,
        "cells": len(drafted.cells),
        "hypotheses": drafted.hypotheses,
        "q": drafted.q,
        "responders": ", ".join(drafted.responder_keys),
        "sha256": digest,
        "store": str(options.store),
    }
    print(msgspec.json.encode(facts).decode() if options.json else say("cli.registered", language, **facts))
    if unsealed:
        print(say("cli.not_left", language, path=options.out, **unsealed), file=sys.stderr)
    if drafted.beside:
        others = ", ".join(drafted.beside)
        print(
            say("cli.second_registration", language, quarter=drafted.quarter, others=others), file=sys.stderr
        )
    for brand in drafted.without_asn:
        print(say("cli.without_asn", language, brand=brand), file=sys.stderr)
    return 0


def _earlier(store: Path) -> dict[str, registration.Registration]:
    """The registrations that the store has; one that this version cannot read is passed over."""
    found = {}
    for named, content in left(DataFolder(store)):
        try:
            found[named.sha256.hex()] = msgspec.json.decode(content, type=registration.Registration)
        except msgspec.MsgspecError:
            continue
    return found


def _leave(store: Path, path: Path) -> dict[str, object]:
    """Leave the registration for the sealer; what went wrong, or nothing."""
    try:
        leave(DataFolder(store), path.read_bytes())
    except OSError as error:
        return {"folder": DataFolder(store).registrations, "detail": error.strerror or error}
    return {}


def check_keys(
    responders: Iterable[registration.RegisteredResponder], known: Collection[str], store: Path
) -> None:
    """Raises ``Trouble`` unless there is a key of each responder, and of one at least: by no key nothing is judged."""
    if not known:
        raise Trouble("registration.no_responder_keys", path=store)
    for one in responders:
        if one.id not in known:
            raise Trouble("registration.responder_without_key", responder=one.id, path=store)


def _gathered(named: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    """The values of each name."""
    found: dict[str, list[T]] = {}
    for name, value in named:
        found.setdefault(name, []).append(value)
    return found


def _checked_quarter(text: str | None) -> str | None:
    if text is not None:
        try:
            window_us(text)
        except ValueError as error:
            raise Trouble("registration.bad_quarter", detail=text) from error
    return text


def _checked_date(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise Trouble("registration.bad_date", detail=text) from error
