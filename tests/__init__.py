"""Tests of Isonomia, and `tests.lab`, the emulated ISP they run in."""
