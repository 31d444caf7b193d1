"""The crash sweep: SIGKILL at every boundary between our database, Jira, GitHub and the relay.

`CHAMADOS_TEST_KILLS=200 pytest -s tests/test_crash.py` kills each journey so often on each engine. A point is
named after what is about to happen or has just happened: `before commit`, `after POST issue`, `after final
dot`. The program itself knows nothing of it.
"""
