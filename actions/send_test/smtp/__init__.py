"""Outgoing checks: the submission endpoint step by step, and one test message through it."""
