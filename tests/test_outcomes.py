"""Every real GitHub payload gets the sentence that the table has for it."""

from pathlib import Path

from tests.outcomes import TABLE, derived, real, sentences


def test_every_payload_gets_its_sentence(shared: Path) -> None:
    said = list(sentences(shared))
    print(f"{len(list(real(shared)))} real payloads and {len(list(derived(shared)))} derived")
    wanted = TABLE.read_text("utf-8").splitlines()
    differences = [f"{line}\n  not: {was}" for line, was in zip(said, wanted, strict=False) if line != was]
    assert not differences, "\n".join(differences) + "\npython -m tests.outcomes > tests/outcomes.txt"
    assert len(said) == len(wanted)
    assert not [line for line in said if "unreadable" in line]
