"""What GitHub said a moment ago, kept for the other tickets that ask the same."""

from bridge.clients.github.memory import FRESH_SECONDS, KEPT, Histories

ERP = "softhouse/erp"


def test_what_a_commit_contains_stays_known_and_what_a_tag_contains_for_a_minute() -> None:
    moment = [0.0]
    histories = Histories(clock=lambda: moment[0])
    of_commit, of_tag = histories.of(ERP, "a" * 40), histories.of(ERP, "v1")
    moment[0] = FRESH_SECONDS - 1
    assert histories.of("SoftHouse/ERP", "v1") is of_tag
    moment[0] = FRESH_SECONDS
    assert histories.of(ERP, "a" * 40) is of_commit
    assert histories.of(ERP, "v1") is not of_tag
    assert histories.of("softhouse/mobile", "a" * 40) is not of_commit


def test_the_oldest_histories_are_forgotten() -> None:
    histories = Histories()
    first = histories.of(ERP, "v0")
    for number in range(KEPT):
        histories.of(ERP, f"v{number + 1}")
    assert histories.of(ERP, "v0") is not first
