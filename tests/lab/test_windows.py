"""The counter is read over the runs that a delivered rate comes from, and over no others."""

from typing import Any

from tests.lab.windows import windows

EVENTS: list[dict[str, Any]] = [{"event": "pair", "id": "m1", "home": 3}, {"event": "offered", "id": "m1"}]


def run(**more: Any) -> dict[str, Any]:
    """An observed run whose tail was read from second 2 to second 4."""
    return {
        "order": 1, "name": "n.example", "failure": "none", "seen": True, "connect_us": 1, "tls_us": 1, "first_byte_us": 1,
        "duration_us": 4_000_000, "wire_bytes": 1, "cpu_share": None, "tail_from_unix_s": 2.0, "tail_to_unix_s": 4.0,
        "early_mbit_s": 1.5, "late_mbit_s": 1.44, "tail_mbit_s": 1.44, **more,
    }  # fmt: skip


def observed(original: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    """A pair with a control at the pace."""
    control = run(early_mbit_s=20.0, late_mbit_s=20.0, tail_mbit_s=20.0)
    facts = {"measurement_id": "m1", "service": "s", "direction": "down", "discarded_by": None}
    return {**facts, "original": original, "control": control, **more}


def test_each_run_with_a_tail_has_a_window_of_its_home() -> None:
    """The probe that printed the id says whose home it was."""
    seen = list(windows([observed(run())], EVENTS))
    assert [(w.home, w.role, w.t0_unix_s, w.t1_unix_s) for w in seen] == [
        (3, "original", 2.0, 4.0),
        (3, "control", 2.0, 4.0),
    ]


def test_an_original_that_stood_still_after_its_burst_is_not_compared() -> None:
    """Its tail holds the end of the burst, 2.2 Mbit/s where the limit is 1.5: the delivered rate leaves it out, too."""
    burst = run(early_mbit_s=9.0, tail_mbit_s=2.2)
    assert [w.role for w in windows([observed(burst)], EVENTS)] == ["control"]
    assert [w.role for w in windows([observed(run(early_mbit_s=9.0))], EVENTS)] == ["original", "control"]


def test_what_was_discarded_failed_or_is_of_nobody_has_none() -> None:
    """No window, no error."""
    assert not list(windows([observed(run(), discarded_by="sender_late")], EVENTS))
    assert not list(windows([observed(run(), measurement_id="other")], EVENTS))
    assert [w.role for w in windows([observed(None)], EVENTS)] == ["control"]
