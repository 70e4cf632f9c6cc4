"""What an enrolled probe is told of the MQTT door: where the broker is and its own certificate, signed by the operator."""

from collections.abc import Callable

from collector.data_folder import DataFolder
from collector.enrolment import Enrolled
from collector.messages import Trouble
from collector.mqtt.authority import Authority
from collector.operator_file import MqttBlock
from collector.rejections import refuse
from probe.measurement.signing import Signed, sign
from probe.mqtt_access import MQTT_ACCESS, MqttAccess


class AccessBook:
    """Makes certificates for who asks. Raises ``Trouble`` where there is no authority. ``clock_us`` is the wall clock."""

    def __init__(self, folder: DataFolder, block: MqttBlock, clock_us: Callable[[], int]) -> None:
        self.folder = folder.root / "ca"
        self._authority = Authority(self.folder)
        self._block = block
        self._clock_us = clock_us
        self._key = folder.open()

    def signed(self, entry: Enrolled) -> Signed:
        """What ``entry``'s probe needs, signed; refuses a key that is revoked."""
        try:
            certificate = self._authority.issue(entry)
        except Trouble:
            refuse("key_revoked", entry.quarter_key.hex()[:16])
        access = MqttAccess(
            host=self._block.host,
            port=self._block.port,
            authority_pem=self._authority.pem,
            certificate_pem=certificate,
            quarter=entry.quarter,
            issued_at_us=self._clock_us(),
        )
        return sign(self._key, MQTT_ACCESS, access)
