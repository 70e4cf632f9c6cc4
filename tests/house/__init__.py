"""Tests of the house: packaging, locks, licences, set-up, texts in two languages."""
