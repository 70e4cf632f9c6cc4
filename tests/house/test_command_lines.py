"""Every command line speaks the person's language: help, usage and mistakes, wherever ``--lang`` stands or the environment says it."""

import subprocess
import sys

import pytest

from tools.tree import ROOT

PROGRAMS = {
    "probe": "isonomia-probe",
    "collector": "isonomia-collector",
    "analysis": "isonomia-analysis",
    "dashboards": "isonomia-dashboards",
    "tests.lab": "python -m tests.lab",
}
ENGLISH = ("usage:", "positional arguments", "show this help", "the following arguments", "unrecognized")


def said(program: str, *words: str, language: str = "C") -> tuple[int, str]:
    """Exit code, and all it wrote."""
    done = subprocess.run(
        [sys.executable, "-m", program, *words],
        env={"PATH": "/usr/bin:/bin", "LANG": language, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_and_mistakes_in_french(program):
    """No word of argparse's own English is left; the mistake begins with the program's name and says where to read more."""
    code, helped = said(program, "--help", language="fr_FR.UTF-8")
    assert (0, []) == (code, [word for word in ENGLISH if word in helped])
    assert helped.startswith(f"usage\u00a0: {PROGRAMS[program]}")
    code, wrong = said(program, "nonsense", language="fr_FR.UTF-8")
    assert (2, []) == (code, [word for word in ENGLISH if word in wrong])
    assert f"{PROGRAMS[program].split()[-1]}: " in wrong
    assert "Voir\u00a0: " in wrong


def test_the_language_asked_for_wins_over_the_environment():
    """``--lang fr`` and ``--lang=fr`` alike, before anything is parsed; the last one counts."""
    for words in (("--lang", "fr"), ("--lang=fr",), ("--lang", "en", "--lang=fr")):
        assert "il manque --store" in said("analysis", "judge", *words)[1]
    assert "--store, --registration is missing" in said("analysis", "judge")[1]
