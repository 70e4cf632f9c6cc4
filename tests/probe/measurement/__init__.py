"""Tests of the signed documents, the coin and the keys."""
