"""The command line: init, key, show, serve; sentences for a person, JSON for a program, exit codes as the probe's."""

import hashlib
import json
import signal
import socket

import pytest

from collector.cli import main
from collector.messages import language_of
from tests.support.collectors import Site, served


def run(capsys, *words):
    """Exit code, standard output, standard error."""
    code = main([str(word) for word in words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_init_makes_keys_once(tmp_path, capsys):
    """init prints the key and its hash, keeps the key private, and shows the same again when repeated."""
    code, out, _ = run(capsys, "init", "--data", tmp_path / "d", "--json")
    said = json.loads(out)
    assert (0, "initialised") == (code, said["event"])
    assert hashlib.sha256(bytes.fromhex(said["operator_key"])).hexdigest()[:32] == said["key_hash"]
    assert 0o600 == (tmp_path / "d" / "keys" / "operator.key").stat().st_mode & 0o777
    assert out == run(capsys, "init", "--data", tmp_path / "d", "--json")[1]
    key = json.loads(run(capsys, "key", "--data", tmp_path / "d", "--json")[1])
    assert (said["operator_key"], said["key_hash"]) == (key["operator_key"], key["key_hash"])


@pytest.mark.parametrize(("language", "word"), [("fr", "Empreinte"), ("en", "Key hash")])
def test_two_languages(tmp_path, capsys, language, word):
    """The same facts in French and English."""
    assert word in run(capsys, "init", "--data", tmp_path / "d", "--lang", language)[1]


def test_the_language_comes_from_the_environment():
    """LC_ALL before LANG; English where nothing is said."""
    assert "fr" == language_of({"LANG": "fr_FR.UTF-8"})
    assert "en" == language_of({"LC_ALL": "C.UTF-8", "LANG": "fr_FR.UTF-8"})
    assert "en" == language_of({})


@pytest.mark.parametrize("command", ["key", "show", "serve"])
def test_a_folder_that_is_none(tmp_path, capsys, command):
    """Without init each command says so, and what to run."""
    more = ["--operator", "x.toml"] if command == "serve" else []
    code, _, err = run(capsys, command, "--data", tmp_path / "d", "--lang", "en", *more)
    folder = tmp_path / "d"
    assert 3 == code
    assert f"{folder}: not a collector’s folder; first run: isonomia-collector init --data {folder}\n" == err


@pytest.mark.parametrize("listen", ["8080", "localhost", ":80", "x:y", "x:70000", "x:٣"])
def test_a_wrong_listen_is_usage(tmp_path, capsys, listen):
    """--listen that is no HOST:PORT exits 2 with an example."""
    site = Site.make(tmp_path)
    words = ("--data", site.folder.root, "--operator", site.operator_file, "--lang", "en")
    code, _, err = run(capsys, "serve", *words, "--listen", listen)
    assert 2 == code
    assert f"--listen {listen}: write HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080\n" == err


def test_a_port_in_use(tmp_path, capsys):
    """A port that somebody holds is named, with what to do."""
    site = Site.make(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        words = ("--data", site.folder.root, "--operator", site.operator_file, "--lang", "en")
        code, _, err = run(capsys, "serve", *words, "--listen", listen)
    assert 3 == code
    assert err.startswith(f"--listen {listen}: cannot listen there (")


def test_two_servers_on_one_folder(tmp_path, capsys):
    """A second collector on a folder is refused; show works beside the first; SIGTERM ends it with exit code 0."""
    site = Site.make(tmp_path)
    with served(site, tmp_path / "log") as server:
        words = ("--data", site.folder.root, "--operator", site.operator_file, "--lang", "en")
        code, _, err = run(capsys, "serve", *words, "--listen", "127.0.0.1:0")
        assert 3 == code
        assert f"{site.folder.root}: another collector already serves this folder; stop it first\n" == err
        code, out, _ = run(capsys, "show", "--data", site.folder.root, "--json")
        assert 0 == code
        counts = json.loads(out)
        assert (0, 0, 0, 1) == tuple(
            counts[k] for k in ("measurements", "conflicts", "probes", "plan_serial")
        )
        server.process.send_signal(signal.SIGTERM)
        assert 0 == server.process.wait(20)
        assert server.process.stdout is not None
        assert {"event": "stopped"} == json.loads(server.process.stdout.read())
    assert "" == (tmp_path / "log").read_text()
