"""A seeded simulation of the engine: one process, no sockets, no threads, a clock that passes when told to.

`python -m tests.simulation --schedules 10000` plays so many schedules of people's deeds against the real
store, receivers and engine, with faults in everything outside, then lets the world be calm and compares what
has come of it with a small independent model. `--seed 7 -v` plays one again and prints all that happened.
"""
