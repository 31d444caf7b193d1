"""The review machine, tried by every sequence of events of a pull request.

`python -m tests.reviewing --events 6` enumerates them all, compares each with an oracle of its own, and
prints how many there were.
"""
