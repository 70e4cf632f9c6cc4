"""Tests of the judgement of captures: made by a small simulator here, and, where they are at hand, real ones."""
