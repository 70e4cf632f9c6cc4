"""The kinds of database that the feed can write to."""

from typing import Final, Literal

Kind = Literal["influx1", "influx2", "influx3", "victoria"]
KINDS: Final = ("influx1", "influx2", "influx3", "victoria")
