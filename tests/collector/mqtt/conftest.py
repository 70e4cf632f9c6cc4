"""What the tests of the MQTT door share: a site by the real clock, and a Mosquitto for it."""

import pytest

from tests.support.brokers import mosquitto
from tests.support.collectors import Clock, Site, unix_now_us


@pytest.fixture
def site(tmp_path):
    """A site whose clock is the real one: certificates are judged by it."""
    return Site.make(tmp_path, clock=Clock(unix_now_us()))


@pytest.fixture
def broker(site, tmp_path):
    """Mosquitto for the site."""
    with mosquitto(site, tmp_path / "mosquitto.log") as made:
        yield made
