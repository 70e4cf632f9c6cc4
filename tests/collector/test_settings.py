"""The operator's file: each mistake is answered with the file, the place and what to do; a good one becomes a plan."""

import pytest

from collector import settings
from collector.messages import Trouble

KEY = "ab" * 32
GOOD = f"""
[operator]
name = "Observatory"
[[responder]]
id = "r1"
key = "{KEY}"
certificate_sha256 = "{KEY}"
addresses = ["192.0.2.1", "192.0.2.2"]
port = 443
owned_name = "r1.example.org"
[[service]]
id = "s1"
title = "Service"
names = ["stream.culture.example"]
[[control]]
name = "media.neutral.example"
stratum = "owned"
[[nettest]]
nettest = "replay_tls"
variant = "paced"
[grant]
bytes_per_day = 1000
"""

MISTAKES = {
    "no operator": ('[operator]\nname = "Observatory"', "", "file: “operator” is missing"),
    "misspelt": (
        "port = 443",
        "prot = 443",
        "responder[0]: “prot” is unknown; correct or remove this field",
    ),
    "missing": ("port = 443", "", "responder[0]: “port” is missing"),
    "wrong type": ("port = 443", 'port = "443"', "responder[0].port: Expected `int`, got `str`"),
    "out of range": ("port = 443", "port = 70000", "responder[0].port: Expected `int` <= 65535"),
    "short key": (f'\nkey = "{KEY}"', '\nkey = "abcd"', "responder[0].key: 64 hexadecimal digits are needed"),
    "no hex": (
        f'\nkey = "{KEY}"',
        f'\nkey = "{"xy" * 32}"',
        "responder[0].key: 64 hexadecimal digits are needed",
    ),
    "a name for an address": (
        '"192.0.2.2"',
        '"r1.example"',
        "responder[0].addresses[1]: “r1.example” is not a literal IP address",
    ),
    "one address": (
        ', "192.0.2.2"',
        "",
        "responder[0].addresses: a responder has at least two different addresses of an address family",
    ),
    "one of each family": (
        '"192.0.2.2"',
        '"2001:db8::2"',
        "responder[0].addresses: a responder has at least two different addresses of an address family",
    ),
    "the same twice": (
        '"192.0.2.2"',
        '"192.0.2.1"',
        "responder[0].addresses: “192.0.2.1” stands there twice",
    ),
    "no network": (
        "[grant]",
        '[collector]\ntrusted_proxies = ["127.0.0.1", "proxy.example"]\n[grant]',
        "collector.trusted_proxies[1]: “proxy.example” is neither an IP address nor a network such as 192.0.2.0/24",
    ),
    "no domain": (
        '"stream.culture.example"',
        '"https://x"',
        "service[0].names[0]: “https://x” is not a domain name",
    ),
    "no names": ('["stream.culture.example"]', "[]", "service[0].names: Expected `array` of length >= 1"),
    "a control that is a service": (
        '"media.neutral.example"',
        '"stream.culture.example"',
        "control[0].name: “stream.culture.example” is also a service’s name; a control must be neutral",
    ),
    "unknown stratum": ('"owned"', '"own"', "control[0].stratum: Invalid enum value 'own'"),
    "no nettest": (
        '[[nettest]]\nnettest = "replay_tls"\nvariant = "paced"',
        "",
        "at least one [[nettest]] block is needed",
    ),
    "no such nettest": (
        '"replay_tls"',
        '"replay_tsl"',
        (
            "nettest[0].nettest: “replay_tsl” is no nettest; there are: replay_tls, replay_quic, replay_http, capacity,"
            " latency, dns, fetch, reachability"
        ),
    ),
    "plain HTTP upwards": (
        '"replay_tls"\nvariant = "paced"',
        '"replay_http"\nvariant = "paced"\ndirection = "up"',
        "nettest[0].direction: no probe measures that (replay_http, direction = up); this nettest knows: down",
    ),
    "plain HTTP without a pace": (
        '"replay_tls"\nvariant = "paced"',
        '"replay_http"\nvariant = "saturate"',
        "nettest[0].variant: no probe measures that (replay_http, variant = saturate); this nettest knows: paced, long",
    ),
    "a variant of another nettest": (
        '"replay_tls"\nvariant = "paced"',
        '"dns"\nvariant = "paced"',
        "nettest[0].variant: no probe measures that (dns, variant = paced); this nettest knows: plain",
    ),
    "unknown variant": ('"paced"', '"fast"', "nettest[0].variant: Invalid enum value 'fast'"),
}


def load(tmp_path, text):
    """The settings of a file with that text."""
    path = tmp_path / "operator.toml"
    path.write_text(text)
    return settings.load(path)


def test_a_good_file(tmp_path):
    """Blocks become the plan's own types, with the defaults of the contract."""
    loaded = load(tmp_path, GOOD)
    assert ("Observatory", 1000, 3_000_000_000) == (
        loaded.operator,
        loaded.bytes_per_day,
        loaded.budget_bytes_month,
    )
    assert (bytes.fromhex(KEY), 443) == (loaded.responders[0].key, loaded.responders[0].port)
    assert (20_000_000, 4000, True) == (
        loaded.services[0].pace_bit_s,
        loaded.nettests[0].duration_ms,
        loaded.nettests[0].enabled,
    )


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_named(tmp_path, mistake):
    """One mistake, one exact message: the file, the place, what is wrong; French says the same place."""
    good, bad, expected = MISTAKES[mistake]
    assert good in GOOD
    with pytest.raises(Trouble) as trouble:
        load(tmp_path, GOOD.replace(good, bad))
    assert f"{tmp_path / 'operator.toml'}: {expected}" == trouble.value.text("en")
    assert trouble.value.text("fr").startswith(f"{tmp_path / 'operator.toml'} : ")


def test_what_is_no_toml(tmp_path):
    """The parser's own words say where (they differ between versions of Python); ours say which file."""
    with pytest.raises(Trouble) as trouble:
        load(tmp_path, "[operator")
    assert f"{tmp_path / 'operator.toml'}: not TOML (" in trouble.value.text("en")


def test_a_missing_file(tmp_path):
    """A file that is not there is named, with what to do."""
    with pytest.raises(Trouble) as trouble:
        settings.load(tmp_path / "nowhere.toml")
    assert (
        f"{tmp_path / 'nowhere.toml'}: cannot be read (No such file or directory);"
        " give --operator the operator’s TOML file" == trouble.value.text("en")
    )


@pytest.mark.parametrize("kind", ["service", "responder"])
def test_an_id_twice(tmp_path, kind):
    """Two blocks with one id are a mistake."""
    block = GOOD[GOOD.index(f"[[{kind}]]") :].split("[[", 2)[1]
    with pytest.raises(Trouble) as trouble:
        load(tmp_path, GOOD + "[[" + block)
    assert "stands there twice" in trouble.value.text("en")


def test_the_environment_has_the_last_word(site):
    """A variable stands over the file; a value is TOML, or text."""
    environ = {
        "ISONOMIA_SET_COLLECTOR_CHECKERS": "0",
        "ISONOMIA_SET_OPERATOR_NAME": "Observatoire",
        "PATH": "/bin",
    }
    loaded = settings.load(site.operator_file, environ)
    assert (0, "Observatoire") == (loaded.bounds.checkers, loaded.operator)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "ISONOMIA_SET_COLLECTOR_CHECKER",
            "1",
            "ISONOMIA_SET_COLLECTOR_CHECKER names no setting; write ISONOMIA_SET_<TABLE>_<FIELD>, where the table is one of: ",
        ),
        ("ISONOMIA_SET_SERVICE_ID", "x", "ISONOMIA_SET_SERVICE_ID names no setting; "),
        ("ISONOMIA_SET_COLLECTOR_CHECKERS", "65", "ISONOMIA_SET_COLLECTOR_CHECKERS"),
        ("ISONOMIA_SET_HOMES_ADMISSION", "closed", "ISONOMIA_SET_HOMES_ADMISSION"),
    ],
)
def test_a_mistake_in_the_environment_names_its_variable(site, name, value, said):
    """What is wrong is said of the variable, not of a file that does not have it."""
    with pytest.raises(Trouble) as caught:
        settings.load(site.operator_file, {name: value})
    assert caught.value.text("en").startswith(said)
