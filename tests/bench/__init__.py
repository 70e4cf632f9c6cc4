"""Benches: how fast and how lean, always beside a peer in the same run, for the ratio is what counts."""
