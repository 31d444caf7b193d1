"""Timed figures: `python -m tests.bench webhooks|receiver|idle|scaling`. Run them on an idle machine."""
