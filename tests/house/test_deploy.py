"""What deploy/ ships holds together: units that systemd accepts and finds hardened, a compose file whose parts fit."""

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from analysis import cli as analysis
from analysis.arguments import parser_of
from tools.tree import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service")) + sorted((DEPLOY / "systemd").glob("*.timer"))
SERVICES = [path for path in UNITS if path.suffix == ".service"]
MOST_EXPOSED = 1.6
"""systemd-analyze's measure, 0 (hardened) to 10; the responder's network is all it has beyond the others."""


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """The units in a folder, with a program that exists here in the place of ours."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not here: the units were NOT verified")
    folder = tmp_path_factory.mktemp("units")
    for path in UNITS:
        text = re.sub(r"/opt/isonomia/bin/isonomia-[a-z]+|/usr/sbin/mosquitto", "/bin/true", path.read_text())
        (folder / path.name).write_text(text)
    return folder


def test_systemd_accepts_every_unit(standing):
    """`systemd-analyze verify` has nothing to say of any of them."""
    done = subprocess.run(
        ["systemd-analyze", "verify", *map(str, sorted(standing.iterdir()))],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "isonomia" in line]
    assert (0, []) == (done.returncode, ours)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda path: path.stem)
def test_every_service_is_hardened(standing, unit):
    """`systemd-analyze security --offline` gives each at most 1.6 of 10."""
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(standing / unit.name)],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= MOST_EXPOSED


@pytest.mark.parametrize(
    "role", ["collector", "sealer", "responder", "probe", "feed", "broker", "backup", "publish"]
)
def test_every_role_has_its_unit(role):
    """Eight roles, eight units; the users they run as are declared; the commands they run are ours."""
    unit = (DEPLOY / "systemd" / f"isonomia-{role}.service").read_text()
    users = (DEPLOY / "systemd" / "isonomia.sysusers").read_text()
    user = re.search(r"^User=(\S+)$", unit, re.MULTILINE)
    assert user
    assert re.search(rf"^u {user[1]} ", users, re.MULTILINE)
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert set(re.findall(r"/opt/isonomia/bin/(\S+)", unit)) <= set(scripts)


def test_the_hourly_unit_asks_what_the_commands_take():
    """Pages and boards are made of the same record, by words that each command's own parser accepts; a timer runs it hourly."""
    unit = (DEPLOY / "systemd" / "isonomia-publish.service").read_text()
    record = "--ledger ledger.jsonl --findings a.json --findings b.json --replies replies.json"
    asked = []
    for words in re.findall(r"^ExecStart=.*/opt/isonomia/bin/isonomia-analysis (.*?)'?$", unit, re.MULTILINE):
        filled = re.sub(r"\$\$?ISONOMIA_RECORD", record, words).replace("$$ISONOMIA_TS_SERVER", "http://a")
        filled = filled.replace("$$ISONOMIA_BOARDS", "--practices practices.toml --pages https://a")
        asked.append(parser_of(tuple(analysis._COMMANDS), "en").parse_args(shlex.split(filled)))
    assert ["export-public", "publish"] == [one.command for one in asked]
    for name in ("store", "registration", "findings", "replies"):
        assert getattr(asked[0], name) == getattr(asked[1], name), name
    pages = re.search(r"isonomia-dashboards site (\S+) --out", unit)
    assert pages
    assert str(asked[0].out) == pages[1]
    assert "OnCalendar=hourly" in (DEPLOY / "systemd" / "isonomia-publish.timer").read_text()


@pytest.fixture(scope="module")
def compose():
    """deploy/compose.yaml, read."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def mounted(mount):
    """What a mount shows: a volume's name or a path."""
    return mount["source"] if isinstance(mount, dict) else mount.partition(":")[0]


def test_what_the_operator_writes_is_not_made_up(compose):
    """A settings file that is missing stops compose with its name; Docker would make a folder of that name."""
    bound = [
        one
        for service in compose["services"].values()
        for one in service.get("volumes", ())
        if isinstance(one, dict)
    ]
    assert {"./operator.toml", "./responder.toml", "./judgement"} == {one["source"] for one in bound}
    assert [(True, False)] * 3 == [(one["read_only"], one["bind"]["create_host_path"]) for one in bound]


def test_every_server_tells_its_health(compose):
    """Each service that others reach has a check, in its image or in compose; those that run in rounds have none."""
    in_image = {
        service["build"]["dockerfile"]: "HEALTHCHECK"
        in (DEPLOY / ".." / service["build"]["dockerfile"]).read_text()
        for service in compose["services"].values()
        if "build" in service
    }
    for name, service in compose["services"].items():
        own = service.get("healthcheck", {})
        checked = "test" in own or (
            in_image.get(service.get("build", {}).get("dockerfile"), False) and not own
        )
        assert checked != (name in {"sealer", "feed", "publish"}), name


def test_each_command_has_its_extras():
    """The image and the operator's page install what collector, sealer, feed and MQTT door import; install.sh is a shell script."""
    commands = {"collector", "archive", "mqtt", "timeseries"}
    image = re.search(r"isonomia\[([\w,]+)\]", (DEPLOY / "Dockerfile.collector").read_text())
    assert image
    assert commands | {"s3"} <= set(image[1].split(","))
    told = re.findall(
        r"deploy/install\.sh /opt/isonomia (\S+?)`", (ROOT / "docs" / "operations.md").read_text()
    )
    assert 2 == len(told)
    assert all(commands <= set(one.split(",")) for one in told)
    judging = re.search(r"isonomia\[([\w,]+)\]", (DEPLOY / "Dockerfile.publish").read_text())
    assert judging
    assert {"analysis", "dashboards", "archive", "timeseries"} <= set(judging[1].split(","))
    for script in ("install.sh", "publish.sh"):
        assert 0 == subprocess.run(["sh", "-n", str(DEPLOY / script)], check=False).returncode


def test_a_round_asks_what_the_commands_take(tmp_path):
    """publish.sh waits for a registration; then exports, draws and publishes by words that each parser accepts, of files that are there alone."""
    called = tmp_path / "called"
    for name in ("isonomia-analysis", "isonomia-dashboards"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {called}\n')
        program.chmod(0o755)
    judgement = tmp_path / "judgement"
    (judgement / "findings").mkdir(parents=True)
    environment = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "ISONOMIA_JUDGEMENT": str(judgement), "ISONOMIA_EVERY_S": "0",
        "ISONOMIA_TS_SERVER": "http://a", "ISONOMIA_PAGES_URL": "https://a",
    }  # fmt: skip

    def words() -> list[str]:
        run = ["sh", str(DEPLOY / "publish.sh")]
        done = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
        told = called.read_text().splitlines() if called.exists() else [done.stderr]
        called.unlink(missing_ok=True)
        return told

    assert "waiting for" in words()[0]
    (judgement / "registration.json").touch()
    assert not re.search("ledger|findings|replies|practices", " ".join(words()))
    for name in ("ledger.jsonl", "replies.json", "practices.toml", "findings/a.json", "findings/b.json"):
        (judgement / name).touch()
    export, site, publish = words()
    parser = parser_of(tuple(analysis._COMMANDS), "en")
    first, last = (parser.parse_args(shlex.split(line)[1:]) for line in (export, publish))
    assert ("export-public", "publish") == (first.command, last.command)
    assert [judgement / "findings" / one for one in ("a.json", "b.json")] == first.findings == last.findings
    assert (judgement / "practices.toml", "https://a", "http://a") == (
        last.practices,
        last.pages,
        last.server,
    )
    assert site.startswith(f"isonomia-dashboards site {first.out} --out ")


def test_compose_has_every_part(compose):
    """Broker, database, boards, collector, sealer, feed, judgement, responder; what a service names is declared, and no more."""
    services = compose["services"]
    assert {
        "init",
        "collector",
        "sealer",
        "feed",
        "publish",
        "responder",
        "mosquitto",
        "influxdb",
        "grafana",
    } == {*services}
    named: dict[str, set[str]] = {"volumes": set(), "networks": set(), "secrets": set()}
    for service in services.values():
        named["volumes"] |= {
            source for source in map(mounted, service.get("volumes", ())) if source[0] not in "./"
        }
        named["networks"] |= set(service.get("networks", ()))
        named["secrets"] |= set(service.get("secrets", ()))
        assert set(service.get("depends_on", {})) <= set(services)
    for kind, names in named.items():
        assert set(compose[kind]) == names, kind


def test_compose_pins_and_hardens(compose):
    """Every image has an exact version; every service is read-only, without capabilities it does not need, bounded, and
    logs a bounded amount; only the broker is open to the world: collector and boards stand behind the operator's proxy.
    """
    published = {}
    for name, service in compose["services"].items():
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+", service["image"]), name
        assert service["read_only"], name
        assert ["ALL"] == service["cap_drop"], name
        assert ["no-new-privileges:true"] == service["security_opt"], name
        assert service["logging"]["options"]["max-size"], name
        assert "mem_limit" in service or name == "init", name
        published[name] = service.get("ports", [])
    open_to_all = {
        name for name, ports in published.items() for port in ports if not port.startswith("127.0.0.1:")
    }
    assert {"mosquitto"} == open_to_all
    # A capability that is added reaches no program that is not root (moby#8460): the host lowers the first free port instead.
    assert not any("cap_add" in service for service in compose["services"].values())
    assert 2 == (ROOT / "docs/operations.md").read_text(encoding="utf-8").count(
        "ip_unprivileged_port_start=80"
    )


def test_what_compose_mounts_is_there(compose):
    """Files of the repository that are mounted or built from exist; those the operator writes are ignored by git."""
    written = {"./operator.toml", "./responder.toml", "./judgement"}
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    for service in compose["services"].values():
        for mount in service.get("volumes", ()):
            source = mounted(mount)
            if source.startswith(".") and source not in written:
                assert (DEPLOY / source).resolve().exists(), source
        if "build" in service:
            assert (DEPLOY / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    lines = {line.rstrip("/") for line in ignored}
    assert {f"/deploy/{name.removeprefix('./')}" for name in written} | {"/deploy/secrets"} <= lines


@pytest.mark.parametrize("name", ["collector", "publish", "responder"])
def test_images_run_as_nobody_in_particular(name):
    """Each Dockerfile pins its base, installs from the lock with hashes, and ends as a user without privileges."""
    text = (DEPLOY / f"Dockerfile.{name}").read_text()
    bases = re.findall(r"^FROM (\S+)", text, re.MULTILINE)
    assert all(re.fullmatch(r"python:\d+\.\d+\.\d+-slim-bookworm", base) for base in bases)
    assert "--require-hashes" in text
    assert ["isonomia"] == re.findall(r"^USER (\S+)", text, re.MULTILINE)


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.yaml")), ids=lambda path: Path(path).name)
def test_every_yaml_file_is_read(path):
    """Each parses, and is a mapping."""
    assert isinstance(yaml.safe_load(path.read_text()), dict)
