"""The MQTT door: a broker (Mosquitto) between probes and collector, and the collector's word behind every receipt.

``authority`` is the operator's own certificate authority: a certificate for each enrolled quarter key, a list of
those that are revoked. ``broker`` writes the broker's files from it. ``door`` takes what probes publish, hands it to
the same pipeline and store as HTTP (``collector.batch``) and publishes one signed receipt a probe and commit;
``fair`` sees that no probe's flood makes another wait. ``command`` is ``isonomia-collector ca``.

The broker keeps nothing: its PUBACK says that it has heard, not that anything is on a disk. A probe deletes its copy
for a receipt alone, and sends again what brought none.
"""
