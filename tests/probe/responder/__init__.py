"""Tests of a real responder process, and attacks on it."""
