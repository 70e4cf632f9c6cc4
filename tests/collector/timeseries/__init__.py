"""The feed of the time-series databases, against real ones."""
