"""Tests of the replay: what each kind of trouble is recorded as."""
