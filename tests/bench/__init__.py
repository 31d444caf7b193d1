"""Timed figures, on demand: `python -m tests.bench webhooks|receiver|idle`. Run them on an idle machine."""
