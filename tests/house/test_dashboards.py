"""`isonomia-dashboards` is honest about drawing nothing yet."""

import pytest

from dashboards import cli


@pytest.mark.parametrize(("lang", "word"), [("fr", "tableaux de bord"), ("en", "boards")])
def test_help_speaks_both_languages(capsys, lang, word):
    """The help is in the language asked for and names what will come."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--lang", lang, "--help"])
    assert 0 == ended.value.code
    assert word in capsys.readouterr().out


def test_without_arguments_it_says_so_and_fails(capsys):
    """A script that expects boards sees a status of its own, and nothing on standard output."""
    assert cli.EXIT_NOT_YET == cli.main(["--lang", "en"])
    said = capsys.readouterr()
    assert ("", True) == (said.out, "draws nothing yet" in said.err)


@pytest.mark.parametrize(
    ("environ", "lang"),
    [({"LANG": "fr_CA.UTF-8"}, "fr"), ({"LC_ALL": "en_GB", "LANG": "fr_FR"}, "en"), ({}, "en")],
)
def test_the_system_language_follows_posix(environ, lang):
    """LC_ALL comes before LC_MESSAGES, and LANG last."""
    assert lang == cli.system_language(environ)
