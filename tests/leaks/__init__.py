"""Histories of comments, played against the real engine, store, outbox and portal with a clock set by hand.

`python -m tests.leaks --histories 20000 --jobs 2` makes up what people do to an issue's comments from a seed
and looks for words that were not public in every e-mail, page, API answer, spreadsheet and explanation.
"""
