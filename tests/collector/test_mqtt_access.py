"""Who may come to the MQTT door: the authority's commands, the word a probe is given, and its choice of doors."""

import json
import ssl
from datetime import timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from collector import settings, wiring
from collector.app import make_site
from collector.cli import main
from collector.data_folder import DataFolder
from collector.mqtt.authority import Authority
from collector.quarters import EPOCH, window_us
from collector.roster import read_roster
from collector.wiring import listening
from probe.door import NotBelieved, open_door
from probe.measurement.signing import public_bytes
from probe.mqtt_door import open_access
from probe.transport import chosen
from probe.trouble import SetUpTrouble
from tests.support.brokers import mosquitto, with_mqtt
from tests.support.collectors import Clock, Site, unix_now_us
from tests.support.mqtt_doors import collecting, other_key


@pytest.fixture
def site(tmp_path):
    """A site whose clock is the real one."""
    return Site.make(tmp_path, clock=Clock(unix_now_us()))


def command(capsys, site, *words):
    """Run ``isonomia-collector ca``: its exit code and what it said."""
    code = main(["ca", *words, "--data", str(site.folder.root), "--json", "--lang", "en"])
    said = capsys.readouterr()
    return code, [json.loads(line) for line in said.out.splitlines()], said.err


async def test_the_commands_of_the_authority(site, capsys):
    """init makes it once; issue gives an enrolled key its certificate, for that key and its quarter; revoke is listed and final."""
    key = public_bytes(site.quarter_key)
    assert (3, True) == ((found := command(capsys, site, "issue", key.hex()))[0], "not enrolled" in found[2])
    async with wiring.open_intake(site.folder, settings.load(site.operator_file), site.clock) as intake:
        await intake.enrolment(site.enrolment(), "")
    assert (3, True) == ((found := command(capsys, site, "issue", key.hex()))[0], "ca init" in found[2])
    assert 0 == command(capsys, site, "init", "--host", "broker.example")[0]
    before = Authority(site.folder.root / "ca").pem
    assert 0 == command(capsys, site, "init", "--host", "broker.example")[0]
    assert before == Authority(site.folder.root / "ca").pem
    code, (said,), _ = command(capsys, site, "issue", key.hex())
    certificate = x509.load_pem_x509_certificate(said["certificate_pem"].encode())
    assert (0, f"CN={key.hex()}") == (code, certificate.subject.rfc4514_string())
    public = certificate.public_key()
    assert isinstance(public, Ed25519PublicKey)
    assert key == public.public_bytes_raw()
    (entry,) = read_roster(site.folder.roster)
    last = EPOCH + timedelta(microseconds=window_us(entry.quarter)[1])
    assert last == certificate.not_valid_after_utc
    assert [True, False] == [command(capsys, site, "revoke", key.hex())[1][0]["new"] for _ in range(2)]
    assert [key.hex()] == command(capsys, site, "list")[1][0]["keys"]
    assert 3 == command(capsys, site, "issue", key.hex())[0]
    assert 3 == command(capsys, site, "revoke", "xyz")[0]
    revoked = x509.load_pem_x509_crl((site.folder.root / "ca/broker/revoked.pem").read_bytes())
    assert certificate.serial_number == revoked[0].serial_number
    assert f"user {key.hex()}\ntopic deny #" in (site.folder.root / "ca/broker/access.acl").read_text()


def test_a_revoked_key_is_forgotten_once_its_certificate_has_ended(site):
    """At the next revocation after that: whose certificate has ended gets in nowhere, and was here once."""
    with_mqtt(site, 8883)
    authority = Authority(site.folder.root / "ca")
    first, second, third = (bytes([number]) * 32 for number in (1, 2, 3))
    assert authority.revoke(first, site.clock())
    site.clock.advance(days=99)
    assert authority.revoke(second, site.clock())
    assert [first.hex(), second.hex()] == [one.key for one in authority.revoked()]
    site.clock.advance(days=2)
    assert authority.revoke(third, site.clock())
    assert [second.hex(), third.hex()] == [one.key for one in authority.revoked()]


def test_private_files_are_private(site):
    """Whatever the authority writes is for its owner alone."""
    with_mqtt(site, 8883)
    files = [path for path in (site.folder.root / "ca").rglob("*") if path.is_file()]
    assert {"authority.key", "broker.key", "collector.key"} <= {path.name for path in files}
    assert {0o600} == {path.stat().st_mode & 0o777 for path in files}


async def test_a_probe_asks_by_http_and_sends_by_mqtt(site, tmp_path):
    """With ``--by mqtt`` its own documents go by MQTT, what an earlier key signed goes by HTTP, and each is answered."""
    with mosquitto(site, tmp_path / "mosquitto.log"):
        async with collecting(site) as intake, listening(make_site(intake), "127.0.0.1", 0) as url:
            operator_key = public_bytes(site.folder.open())
            plan = intake.plans.current()
            mine = [site.document(plan) for _ in range(3)]
            earlier, site.quarter_key = site.quarter_key, await other_key(intake, site, 60)
            new = [site.document(plan) for _ in range(2)]
            async with (
                open_door(url, operator_key) as http,
                chosen("mqtt", http, site.quarter_key, operator_key) as door,
            ):
                fates = await door.send_all([mine[0], new[0], mine[1]])
                alone = [await door.send(new[1]), await door.send(mine[2])]
            assert ["accepted"] * 5 == [getattr(fate, "status", fate) for fate in (*fates, *alone)]
            counted = intake.metrics.documents
            assert (2, 3) == (counted["mqtt", "accepted"], counted["measurements", "accepted"])
            assert earlier is not site.quarter_key


async def test_without_a_door_the_probe_says_so(site):
    """A collector without MQTT, or a key it does not know: the probe stops and says why."""
    operator_key = public_bytes(site.folder.open())
    async with site.open() as intake, listening(make_site(intake), "127.0.0.1", 0) as url:
        async with open_door(url, operator_key) as http:
            with pytest.raises(SetUpTrouble) as caught:
                async with chosen("mqtt", http, site.quarter_key, operator_key):
                    pass
        assert ("mqtt_refused", "no_mqtt") == (caught.value.code, caught.value.facts["reason"])


async def test_nobody_elses_word_about_the_broker_is_believed(site):
    """Access signed by another operator, or for another purpose, opens nothing; what is trusted there is the authority alone."""
    with_mqtt(site, 8883)
    async with wiring.open_intake(site.folder, settings.load(site.operator_file), site.clock) as intake:
        await intake.enrolment(site.enrolment(), "")
        entry = intake.enrolled(public_bytes(site.quarter_key))
        assert entry is not None
        assert intake.access is not None
        raw = msgspec.json.encode(intake.access.signed(entry))
        plan = msgspec.json.encode(intake.plans.signed(None))
    operator_key = public_bytes(site.folder.open())
    access = open_access(raw, operator_key)
    for said, key in ((raw, bytes(32)), (plan, operator_key), (b"{}", operator_key)):
        with pytest.raises(NotBelieved):
            open_access(said, key)
    assert ssl.create_default_context(cadata=access.authority_pem).cert_store_stats()["x509_ca"] >= 1
    assert DataFolder(site.folder.root).operator_key.exists()
