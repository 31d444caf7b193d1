"""After hours without Jira the backlog is worked off soon, and gently."""

from datetime import timedelta

from tests.outage import run


def test_a_backlog_is_worked_off_in_half_an_hour_at_half_of_the_limits() -> None:
    took, outage = run(6, limited=0.2)
    assert took < timedelta(minutes=30)
    assert outage.busiest <= 0.5
    assert outage.refused > 0
    assert outage.early == 0
