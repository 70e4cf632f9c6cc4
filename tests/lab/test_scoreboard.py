"""The scoreboard's counting and choosing, without building anything."""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lab import choosing, plan, results, scoreboard
from tests.lab.board import Row, predicted
from tests.lab.page import markdown
from tests.lab.row import control_was_hit, fault_of
from tests.lab.tally import agreement, counted, distribution
from tests.lab.totals import totals
from tests.lab.workers import TIMED_OUT, Work, next_of, run_all
from tests.scenarios import SCENARIOS, WAITING

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def result(**facts: Any) -> dict[str, Any]:
    """Return a result of a row that was not flagged, with other facts."""
    base: dict[str, Any] = {
        "outcome": "undetermined", "direction_of_effect": None, "grade": 0, "mechanism": None, "attribution": "unknown",
        "reasons": ["too_little_evidence"], "delivered_mbit_s": None, "rate_error": None, "others_flagged": [],
        "lab_fault": False, "bytes": 10_000_000, "seconds": 80.0, "mode": "root", "rivals": {},
        "seed": 1, "commit": "0" * 40, "discards": {}, "pairs": 30,
    }  # fmt: skip
    return {**base, **facts}


FOUND = result(
    outcome="different", direction_of_effect="slowed", grade=2, mechanism="policer", delivered_mbit_s=1.4,
    rate_error=-0.01, reasons=[],
)  # fmt: skip


def test_a_share_has_its_exact_interval() -> None:
    """0 of 20 and 19 of 20 as the tables have them, and nothing at all says nothing."""
    assert (0.0, 0.168433) == (counted(0, 20).low, counted(0, 20).high)
    assert (0.751267, 0.998735) == (counted(19, 20).low, counted(19, 20).high)
    assert (0.0, 1.0) == (counted(0, 0).low, counted(0, 0).high)


def test_observed_is_held_against_predicted() -> None:
    """The law of a sum of unlike trials; misses of sure rows are improbable, and what was predicted is not."""
    assert [0.125, 0.5, 0.375] == pytest.approx(distribution([0.5, 0.75]))
    assert agreement([0.99] * 20, 20) > 0.5
    assert agreement([0.99] * 20, 15) < 0.01
    assert agreement([0.05] * 20, 9) < 0.01


def test_a_place_must_be_the_true_one() -> None:
    """Where all is there to compare, the finding has to name the place; anywhere, a wrong place is an accusation."""
    compared, alone = BY_NAME["peering"], BY_NAME["police-1.5-small"]
    for place, right, accused in (
        ("transit_or_peering", True, False),
        ("unknown", False, False),
        ("access_network", False, True),
    ):
        said = result(**{**FOUND, "attribution": place})
        row = Row(compared, (said,), None)
        assert (right, accused) == (row.is_right(said), row.is_accused(said))
    unplaced, misplaced = (
        result(**{**FOUND, "attribution": "unknown"}),
        result(**{**FOUND, "attribution": "content_side"}),
    )
    row = Row(alone, (unplaced, misplaced), 1.0)
    assert (True, False) == (row.is_right(unplaced), row.is_right(misplaced))


def test_totals_count_what_was_run() -> None:
    """A found guilty row and an unflagged innocent one pass; a flag on an innocent one, or on a bystander, does not."""
    guilty, innocent = BY_NAME["police-1.5-small"], BY_NAME["neutral"]
    good = totals([Row(guilty, (FOUND,), 1.0), Row(innocent, (result(),), None)], WAITING, 5, {})
    assert good["passed"]
    assert (1, 1, 0) == (
        good["guilty_found"]["count"],
        good["guilty_found"]["of"],
        good["innocent_flagged"]["count"],
    )
    assert len(WAITING) == sum(good["not_run"].values())
    for wrong in (FOUND, result(others_flagged=["cinema-atlas"])):
        bad = totals([Row(guilty, (FOUND,), 1.0), Row(innocent, (wrong,), None)], WAITING, 5, {})
        assert (False, ["neutral"]) == (bad["passed"], bad["wrongly_accused"])


def test_the_opposite_of_what_is_done_is_an_accusation() -> None:
    """Who is served last and said to be favoured; and a policy outside its hours, which is not there, is nobody's luck."""
    turned = result(**{**FOUND, "direction_of_effect": "favoured"})
    last, noon = Row(BY_NAME["low-priority-line"], (), None), Row(BY_NAME["evening-at-noon"], (), None)
    assert (True, False) == (last.is_accused(turned), last.is_accused(FOUND))
    assert noon.is_accused(FOUND)


def test_a_row_with_a_point_has_to_make_it() -> None:
    """Undetermined because control names disagree is right where that is the point; for want of evidence it is not."""
    row = Row(BY_NAME["whitelist-limit"], (), None)
    said = result(reasons=["control_not_neutral"])
    assert [True, False] == [row.is_right(said), row.is_right(result())]


def test_who_could_have_been_flagged_is_counted() -> None:
    """An innocent run that is invalid, or lost most of its pairs, shows little: the page tells how many did not."""
    runs = (result(), result(outcome="invalid"), result(discards={"sender_late": 28}))
    assert 1 == totals([Row(BY_NAME["neutral"], runs, None)], (), 10, {})["innocent_could_be"]


def test_a_mechanism_is_right_wrong_or_not_named() -> None:
    """What the analysis does not name is counted by itself; a wrong name is shown, also where the row expects none."""
    row, frozen = BY_NAME["police-1.5-small"], BY_NAME["frozen-16kb"]
    found = (FOUND, {**FOUND, "mechanism": "unknown"}, {**FOUND, "mechanism": "shaper"})
    summary = totals([Row(row, found, 1.0), Row(frozen, (FOUND,), 1.0)], (), 5, {})
    assert (1, 2, 1) == (
        summary["mechanism_right"]["count"], summary["mechanism_right"]["of"], summary["mechanism_unnamed"],
    )  # fmt: skip
    wrong = {
        "police-1.5-small": "shaper, not policer",
        "frozen-16kb": "policer, not any that there is a name for",
    }
    assert wrong == summary["mechanism_wrong"]


def test_a_lab_fault_is_no_result() -> None:
    """A row whose control was hit is named, and counts neither as found nor as missed."""
    row = Row(
        BY_NAME["police-4-small"], ({**FOUND, "lab_fault": True, "fault": "its controls were hit, too"},), 1.0
    )
    summary = totals([row], (), 5, {})
    assert (0, {"police-4-small 1": "its controls were hit, too"}) == (summary["runs"], summary["lab_faults"])
    assert not summary["passed"]


def test_a_sure_row_is_missed_when_a_second_seed_misses_it_too() -> None:
    """Prediction 1 and nothing found is said; nothing found by a second seed either, and the board does not pass."""
    row = BY_NAME["police-1.5-small"]
    once = totals([Row(row, (result(),), 1.0)], (), 5, {})
    assert (["police-1.5-small"], []) == (once["missed_once"], once["sure_missed"])
    assert (False, ["police-1.5-small"]) == (once["passed"], once["not_tried_again"])
    assert not totals([Row(row, (result(),), 1.0, FOUND)], (), 5, {})["not_tried_again"]
    twice = totals([Row(row, (result(),), 1.0, result(seed=2))], (), 5, {})
    assert (False, ["police-1.5-small"]) == (twice["passed"], twice["sure_missed"])
    assert [] == totals([Row(row, (result(),), 1.0, FOUND)], (), 5, {})["sure_missed"]
    assert 0 == totals([Row(row, (result(),), 1.0, FOUND)], (), 5, {})["guilty_found"]["count"]


def test_one_flag_on_the_larger_board_may_befall_the_innocent_but_for_two() -> None:
    """Three runs each at ten homes: one flag in all, but none on a rogue home or a plan, and none at five homes."""
    guilty = Row(BY_NAME["police-1.5-small"], (FOUND,), 1.0)

    def passed(name: str, homes: int, flags: int) -> bool:
        runs = (FOUND,) * flags + (result(),) * (3 - flags)
        return bool(totals([guilty, Row(BY_NAME[name], runs, None)], (), homes, {})["passed"])

    assert [True, False, False] == [
        passed("neutral", 10, 1),
        passed("neutral", 10, 2),
        passed("neutral", 5, 1),
    ]
    assert [False, False] == [passed("rogue-router", 10, 1), passed("plan-limit", 10, 1)]


def test_what_cannot_be_seen_must_not_be_found() -> None:
    """A row that needs more homes may be lucky; one that is no discrimination by name may not be flagged."""
    assert Row(BY_NAME["third-of-homes"], (), None).is_right(FOUND)
    assert not Row(BY_NAME["one-address"], (), None).is_right(FOUND)
    assert not Row(BY_NAME["anti-spoofing"], (), None).is_right(FOUND)


def test_a_hit_control_is_seen_by_the_counter() -> None:
    """Where one name is slowed on a quiet line the control runs at its pace; elsewhere nothing can be said."""
    row = BY_NAME["police-4-small"]
    assert [False, True] == [control_was_hit(row, rate, 20.0, 0, 30) for rate in (19.5, 8.0)]
    assert [False, True] == [control_was_hit(BY_NAME["reset"], None, 20.0, failed, 30) for failed in (3, 12)]
    assert not control_was_hit(BY_NAME["low-priority"], 4.0, 20.0, 0, 30)
    assert not control_was_hit(BY_NAME["anti-spoofing"], 8.0, 20.0, 0, 30)


def test_a_line_that_could_not_be_filled_shows_nothing() -> None:
    """Who is served last, or first, on a line with room is served like all: the row is the machine's fault, not a result."""
    row, well = BY_NAME["low-priority"], {"failures": {"control": {}}, "pairs": 60, "discards": {}}
    assert None is fault_of(row, 47.8, 4.0, well, 60)
    assert "carried 21.6 Mbit/s" in (fault_of(row, 21.6, 4.4, well, 60) or "")
    assert None is fault_of(BY_NAME["second-device"], 21.6, 4.4, well, 60)
    assert "carried 21.6 Mbit/s" in (fault_of(BY_NAME["unpaced-second-device"], 21.6, 0.0, well, 60) or "")
    first, quiet = BY_NAME["favoured-line"], BY_NAME["favoured-way"]
    assert "carried 21.6 Mbit/s" in (fault_of(first, 21.6, 4.4, well, 60) or "")
    assert [None, None] == [fault_of(first, 24.9, 4.4, well, 60), fault_of(quiet, 21.6, 4.4, well, 60)]


def test_a_full_machine_is_a_lab_fault() -> None:
    """Where the responder came too late in a quarter of the pairs nothing is shown, unless that was what the row is about."""
    late = {"failures": {"control": {}}, "pairs": 8, "discards": {"sender_late": 20}}
    row, slow = BY_NAME["favoured-way"], BY_NAME["slow-responder"]
    assert "20 of 30 pairs" in (fault_of(row, 20.0, 20.0, late, 30) or "")
    assert [None, None] == [
        fault_of(slow, 20.0, 20.0, late, 30),
        fault_of(row, 20.0, 20.0, {**late, "discards": {"sender_late": 7}}, 30),
    ]


def test_predictions_are_the_simulator_s() -> None:
    """A policer at 1.5 Mbit/s is sure, an innocent row and one without words have none."""
    assert 0.95 < (predicted(BY_NAME["police-1.5-small"], 5) or 0)
    assert [None, None] == [predicted(BY_NAME[name], 5) for name in ("neutral", "favoured-line")]


def test_quick_takes_six_rows_and_moves_with_the_commit() -> None:
    """Three guilty rows and their three twins; other commits take other rows, and in time all of them."""
    seen: set[str] = set()
    for n in range(40):
        rows = choosing.chosen([], quick=True, of_commit=f"{n:040x}"[::-1])
        assert 6 == len({row.name for row in rows})
        assert [True] * 3 + [False] * 3 == [row.guilty for row in rows]
        assert {row.twin for row in rows[:3]} == {row.name for row in rows[3:]}
        assert 8 * 60 > plan.total_s([(row, 1) for row in rows], 5, 2)
        seen |= {row.name for row in rows}
    assert len(seen) > 20


def test_a_name_that_cannot_run_is_refused() -> None:
    """A waiting row, or no row at all, is a usage mistake."""
    with pytest.raises(ValueError, match="port, nonsense"):
        choosing.chosen(["neutral", "port", "nonsense"], quick=False)


def test_seeds_and_shards() -> None:
    """The larger board runs innocent rows three times; shards share the runs out without a rest."""
    neutral, guilty = BY_NAME["neutral"], BY_NAME["police-4-small"]
    assert [1, 1, 3] == [len(choosing.seeds(s, n)) for s, n in ((neutral, 5), (guilty, 10), (neutral, 10))]
    wanted = [(s, 1) for s in SCENARIOS]
    parts = [choosing.shard_of(wanted, f"{n}/3") for n in range(3)]
    assert sorted(s.name for s, _ in wanted) == sorted(s.name for part in parts for s, _ in part)
    with pytest.raises(ValueError, match="shard"):
        choosing.shard_of(wanted, "3/3")


def test_the_page_has_a_line_a_result_and_says_what_did_not_run() -> None:
    """French and English heads, one line a row, totals, and every waiting row with its need."""
    rows = [Row(BY_NAME["police-1.5-small"], (FOUND,), 1.0), Row(BY_NAME["neutral"], (result(),), None)]
    page = markdown(rows, WAITING, totals(rows, WAITING, 5, {}), 5)
    assert 2 == sum(line.startswith("| `") for line in page.splitlines())
    assert "attendu / expected" in page
    assert all(f"`{scenario.name}`" in page for scenario in WAITING)
    assert "not run: needs replay_port" in page
    assert "unknown" in page
    assert "Netflix 19/19" in page
    assert "2 homes" not in page


def test_the_page_names_what_is_wanted_and_has_no_result() -> None:
    """A board that was stopped says so: each run that is not there stands on its page by name."""
    rows = [Row(BY_NAME["neutral"], (result(),), None)]
    page = markdown(rows, (), totals(rows, (), 5, {}, ["wifi 1", "quic-only 1"]), 5)
    assert "faults among them: 2: wifi 1, quic-only 1" in page
    assert "faults among them: 0: –" in markdown(rows, (), totals(rows, (), 5, {}), 5)


def test_faults_are_told_without_this_machine_s_folders() -> None:
    """The page is committed: of a reason it keeps the beginning and the end, and no path."""
    fault = "exit 1: Traceback:\n  File x\nStageError: home 2: exit 1 (see /elsewhere/x/home-2.jsonl)"
    page = markdown((), (), totals((), (), 5, {"wifi 1": fault}), 5)
    assert "  - wifi 1: exit 1: Traceback: … StageError: home 2: exit 1 (see …)" in page.splitlines()


def test_the_whole_board_fits_in_an_hour() -> None:
    """Five homes, as many rows at a time as there is room for: what the plan says of all rows that can run."""
    runs = [(s, s.seed) for s in SCENARIOS if s.runnable]
    assert 3600 > plan.total_s(runs, 5, scoreboard.AT_ONCE)
    assert len(runs) + 1 == len(plan.table(runs, 5, scoreboard.AT_ONCE))


def test_ten_homes_over_quic_take_turns() -> None:
    """Five at a time, in twice the time, and no more of the machine than five have; paced TLS goes on at once."""
    quic, tcp = BY_NAME["quic-neutral"], BY_NAME["neutral"]
    assert plan.share(quic, 10) == plan.share(quic, 5) > plan.share(tcp, 5)
    assert plan.share(tcp, 10) == 2 * plan.share(tcp, 5)
    longer = {row.name: plan.seconds(row, 10) / plan.seconds(row, 5) for row in (quic, tcp)}
    assert longer["quic-neutral"] > 1.6
    assert longer["neutral"] < 1.2


def test_a_result_is_of_the_experiment_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result of a scenario that has changed since is not there; a fault is, until a result takes its place."""
    monkeypatch.setattr(results, "FOLDER", tmp_path)
    row = BY_NAME["neutral"]
    results.note_fault(row, 1, 5, "no room")
    assert (None, "no room") == (results.load(row, 1, 5), results.fault(row, 1, 5))
    kept = result(scenario="neutral", experiment=results.digest(row, 5, 1))
    results.save(kept, results.path_of(row, 1, 5))
    assert (kept, None) == (results.load(row, 1, 5), results.fault(row, 1, 5))
    assert results.load(dataclasses.replace(row, pairs=7), 1, 5) is None


def test_the_larger_board_adds_up_over_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Results of two shards stand in one committed file, in the list's order, and a fresh clone takes them from there."""
    monkeypatch.setattr(results, "FOLDER", tmp_path / "build")
    monkeypatch.setattr(results, "DOCS", tmp_path)
    for name, seed in (("neutral", 2), ("police-4-small", 1), ("neutral", 1)):
        row = BY_NAME[name]
        made = result(scenario=name, seed=seed, experiment=results.digest(row, 10, seed))
        results.save(made, results.path_of(row, seed, 10))
        results.keep(row, seed, 10)
        results.path_of(row, seed, 10).unlink()
    kept = json.loads((tmp_path / "scoreboard-10.json").read_text())["results"]
    order = [("police-4-small", 1), ("neutral", 1), ("neutral", 2)]
    assert order == [(one["scenario"], one["seed"]) for one in kept]
    assert results.load(BY_NAME["neutral"], 2, 10) == kept[2]
    board = scoreboard.Board([BY_NAME["neutral"]], 10, 1, float("inf"))
    assert [True, True, False] == [board.has(run) for run in board.wanted]
    results.note_fault(BY_NAME["neutral"], 2, 10, "no room")
    assert [True, False, False] == [board.has(run) for run in board.wanted]


def test_a_row_that_crashes_or_hangs_is_a_fault_and_ends_nothing(tmp_path: Path) -> None:
    """One exits 1, one outlives its time and is ended, the third is still run; all in a few seconds."""
    codes: dict[str, int] = {}
    scripts = {
        "crash": "import sys; sys.exit('no room')",
        "hang": "import time; time.sleep(60)",
        "good": "pass",
    }
    works = [
        Work(name, (sys.executable, "-c", script), False, 2.0, tmp_path / f"{name}.log")
        for name, script in scripts.items()
    ]
    began_s = time.monotonic()
    run_all(works, 1, lambda work, code: codes.update({work.label: code}))
    assert {"crash": 1, "hang": TIMED_OUT, "good": 0} == codes
    assert time.monotonic() - began_s < 20
    assert "no room\n" == (tmp_path / "crash.log").read_text()


def test_what_is_left_when_time_is_up_is_told_so() -> None:
    """The quick board may not take longer than CI gives it: what runs is ended, what waits is not begun."""
    codes: dict[str, int] = {}
    works = [Work(name, (sys.executable, "-c", "import time; time.sleep(60)")) for name in ("a", "b")]
    run_all(works, 1, lambda work, code: codes.update({work.label: code}), time.monotonic() + 1)
    assert {"a": TIMED_OUT, "b": TIMED_OUT} == codes


def test_work_that_wants_to_be_alone_is(tmp_path: Any) -> None:
    """Two run side by side, then the one that would starve them runs by itself."""
    script = f"import time,pathlib;p=pathlib.Path({str(tmp_path)!r})/'%s';p.touch();time.sleep(.6);print(len(list(p.parent.iterdir())));p.unlink()"
    works = [Work(name, (sys.executable, "-c", script % name), name == "c") for name in ("c", "a", "b")]
    order: list[tuple[str, int]] = []
    run_all(works, 2, lambda work, code: order.append((work.label, code)))
    assert ["a", "b", "c"] == [*sorted(label for label, _ in order[:2]), order[2][0]]
    assert {0} == {code for _, code in order}


def test_a_run_begins_where_there_is_room_for_it() -> None:
    """The first that fits beside the others; one alone on an idle machine, however large; nobody beyond the number."""
    large, light, alone = Work("large", (), share=0.7), Work("light", (), share=0.2), Work("alone", (), True)
    assert large is next_of([large, light], [], 4)
    assert light is next_of([large, light], [large], 4)
    assert None is next_of([large, alone], [large], 4)
    assert None is next_of([light], [light, light], 2)
    assert None is next_of([light], [alone], 4)
    assert alone is next_of([alone], [], 4)


def test_a_frozen_scenario_cannot_be_changed() -> None:
    """Ground truth is data."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        BY_NAME["neutral"].guilty = True  # type: ignore[misc]  # that is the point


def test_a_false_answer_is_named_and_nobody_accused() -> None:
    """Of all homes of the network it is right; of fewer, of another network, of a grade, or on an honest line it is not."""
    due = {"service": "radio-boreale", "network": 64500, "kind": "false_address", "lines": 5, "grade": 0, "missing": [], "elsewhere_lines": 5}  # fmt: skip
    lie, honest = (Row(BY_NAME[name], (), None) for name in ("dns-lie", "dns-nearer"))
    told = {key: result(homes=5, observed=[{**due, key: other}]) for key, other in (("lines", 4), ("network", 64501), ("grade", 1))}  # fmt: skip
    named, none = result(homes=5, observed=[due]), result(homes=5, observed=[])
    assert (True, False, True) == (lie.is_right(named), lie.is_right(none), honest.is_right(none))
    assert {"lines": False, "network": True, "grade": True} == {
        key: lie.is_accused(r) for key, r in told.items()
    }
    assert not any(lie.is_right(r) for r in told.values())
    assert honest.is_accused(named)
