"""Tests of the probe. ``paper_*`` are stand-ins one could ship: a collector in memory, nettests without a network."""
