"""`isonomia-dashboards`: a line a subcommand, its module imported only when it is asked for."""

import pytest

from dashboards import cli

COMMANDS = {
    "lang": ("tests.support.a_command", "grafana"),
    "json": ("tests.support.a_command_without_its_extra", "grafana"),
}


@pytest.mark.parametrize(("lang", "word"), [("fr", "tableaux de bord"), ("en", "boards")])
def test_help_speaks_both_languages(capsys, lang, word):
    """The help is in the language asked for, and imports no subcommand."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--lang", lang, "--help"])
    assert 0 == ended.value.code
    assert word in capsys.readouterr().out


def test_a_subcommand_gets_its_arguments_and_its_exit_code_is_the_commands(capsys):
    """The module named in the table adds the arguments, runs, and its answer is the exit code."""
    assert 7 == cli.main(["lang", "--answer", "7", "--lang", "fr"], COMMANDS)
    assert "fr\n" == capsys.readouterr().out


def test_a_missing_extra_is_named(capsys):
    """A subcommand whose extra is not installed says which to install, and exits 3."""
    assert cli.EXIT_SET_UP == cli.main(["json", "--lang", "en"], COMMANDS)
    assert "isonomia[grafana]" in capsys.readouterr().err


def test_no_command_is_wrong_usage(capsys):
    """Without a subcommand, argparse says what there is, and exits 2."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["--lang", "en"], COMMANDS)
    assert 2 == ended.value.code
    assert "lang" in capsys.readouterr().err


def test_every_subcommand_of_the_table_has_its_help_in_both_languages(capsys):
    """Each real subcommand has its help line, and its module its arguments, in French and English."""
    for name in cli.COMMANDS:
        for lang in ("fr", "en"):
            with pytest.raises(SystemExit) as ended:
                cli.main([name, "--lang", lang, "--help"])
            assert 0 == ended.value.code
            assert f"isonomia-dashboards {name}" in capsys.readouterr().out
