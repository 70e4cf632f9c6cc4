"""``isonomia-analysis trace`` as it is typed."""

import json

import pytest

from analysis.cli import main
from tests.analysis.trace.limiters import Policer
from tests.analysis.trace.pcaps import write_pcap
from tests.analysis.trace.tcp import Flow, run


@pytest.fixture(scope="module")
def capture(tmp_path_factory):
    """A policed transfer, compressed."""
    return write_pcap(
        tmp_path_factory.mktemp("trace") / "trial.pcap.xz", run([Flow(40000, 400, 1)], Policer(2.5e5, 5e4))
    )


def test_json_is_one_object_with_chunks(capture, capsys):
    """The fields that others read, with the verdict in both languages."""
    assert 0 == main(["trace", str(capture), "--json"])
    report = json.loads(capsys.readouterr().out)
    (chunk,) = report["chunks"]
    assert {"start", "bytes", "losses", "mechanism", "rate_mbit_s", "bucket_bytes"} <= set(chunk)
    assert ("policer", 400 * 1448) == (chunk["mechanism"], chunk["bytes"])
    assert 2.0 == pytest.approx(chunk["rate_mbit_s"], rel=0.01)
    assert chunk["fr"].startswith("policer à 2")
    assert chunk["en"].startswith("policer at 2")


@pytest.mark.parametrize(("language", "word"), [("fr", "réserve"), ("en", "bucket")])
def test_sentences_for_people(capture, capsys, language, word):
    """A line a chunk, and what a capture does not show."""
    assert 0 == main(["trace", str(capture), "--lang", language])
    out = capsys.readouterr().out
    assert word in out
    assert ("témoin" if language == "fr" else "control") in out


def test_a_bad_file_is_exit_2_with_file_and_offset(tmp_path, capsys):
    """No traceback."""
    path = tmp_path / "notes.txt"
    path.write_text("nothing of the kind")
    assert 2 == main(["trace", str(path), "--lang", "en"])
    assert f"{path}, offset 0: neither pcap nor pcapng" in capsys.readouterr().err


@pytest.mark.parametrize("language", ["fr", "en"])
def test_help_teaches(capsys, language):
    """How to capture, what the names mean, an example."""
    with pytest.raises(SystemExit) as ended:
        main(["trace", "--help", "--lang", language])
    assert 0 == ended.value.code
    out = capsys.readouterr().out
    assert all(word in out for word in ("tcpdump -i eth0", "policer", "shaper", "queue", "--json"))
