"""Tests of the statistics: each states one property of the decision procedure."""
