"""Tests of homes: who may measure, and how one leaves."""
