"""Boards, alerts and their push."""
