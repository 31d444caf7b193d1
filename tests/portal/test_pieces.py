"""Files in pieces (tus 1.0): each partner's own, from where they stopped, within the quota, for a day."""

import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from bridge.config import UploadSettings
from tests.portal.conftest import PNG, Browser, Portal

MEGABYTE = 1024 * 1024


@pytest.fixture
def draft(browser: Browser) -> str:
    return browser.new_draft()


def names(browser: Browser, draft: str) -> list[str]:
    return re.findall(r'class="file-name"[^>]*>([^<]+)<', browser.get(f"{draft}/arquivos").text)


def set_quota(opened: Portal, quota: int) -> None:
    uploads = UploadSettings(maximum=10 * MEGABYTE, quota=quota)
    object.__setattr__(opened.services, "config", replace(opened.services.config, uploads=uploads))


def test_what_is_spoken_is_said(browser: Browser, draft: str) -> None:
    said = browser.client.open(f"{draft}/envios", method="OPTIONS").headers
    assert said["Tus-Version"] == "1.0.0"
    assert set(said["Tus-Extension"].split(",")) == {"creation", "expiration", "termination"}
    assert int(said["Tus-Max-Size"]) == 10 * MEGABYTE
    other = browser.tus("POST", f"{draft}/envios", Tus_Resumable="0.2.2", Upload_Length="9")
    assert (other.status_code, other.headers["Tus-Version"]) == (412, "1.0.0")


def test_a_file_arrives_in_pieces(browser: Browser, opened: Portal, draft: str) -> None:
    begun = browser.begin(draft, "C:\\telas\\erro.png", len(PNG))
    assert begun.status_code == 201
    assert begun.headers["Upload-Expires"] == "Wed, 25 Nov 2026 13:12:00 GMT"
    way = begun.location or ""
    opened.wait(timedelta(hours=23))
    browser = opened.signed_in()
    first = browser.piece(way, PNG[:20], offset=0)
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "20")
    assert first.headers["Upload-Expires"] == "Thu, 26 Nov 2026 12:12:00 GMT"  # a day from the last piece
    asked = browser.tus("HEAD", way)
    assert (asked.headers["Upload-Offset"], asked.headers["Upload-Length"]) == ("20", str(len(PNG)))
    assert asked.headers["Cache-Control"] == "no-store"
    assert names(browser, draft) == []
    last = browser.piece(way, PNG[20:], offset=20)
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(PNG)))
    assert names(browser, draft) == ["erro.png"]
    # The answer to the last piece may be lost: what has arrived says so, and is not kept twice.
    assert browser.tus("HEAD", way).headers["Upload-Offset"] == str(len(PNG))
    assert browser.piece(way, b"", offset=len(PNG)).status_code == 204
    assert names(browser, draft) == ["erro.png"]
    assert not list(opened.services.config.files.glob("*.part"))


@pytest.mark.parametrize("offset", [0, 19, 21, 10**30, -1])
def test_a_piece_for_another_place_is_refused(browser: Browser, draft: str, offset: int) -> None:
    way = browser.begin(draft, "a.png", len(PNG)).location or ""
    browser.piece(way, PNG[:20], offset=0)
    refused = browser.piece(way, PNG[20:], offset=offset)
    assert (refused.status_code, refused.headers["Upload-Offset"]) == (409, "20")
    assert browser.piece(way, PNG[20:], offset=20).status_code == 204
    assert names(browser, draft) == ["a.png"]


def test_more_than_was_announced_is_not_taken(browser: Browser, draft: str) -> None:
    way = browser.begin(draft, "a.png", len(PNG)).location or ""
    assert browser.piece(way, PNG + b"<script>", offset=0).headers["Upload-Offset"] == str(len(PNG))
    assert browser.get(f"{draft}/arquivos/1").data == PNG


def test_a_piece_of_another_kind_is_refused(browser: Browser, draft: str) -> None:
    way = browser.begin(draft, "a.png", len(PNG)).location or ""
    assert browser.tus("PATCH", way, PNG, Upload_Offset="0", Content_Type="image/png").status_code == 415


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("a.exe", 9, "“a.exe”: este tipo de arquivo não é aceito. Aceitamos imagens (PNG,"),
        ("a.mp4", 10 * MEGABYTE + 1, "“a.mp4”: passa de 10 MB. Envie um link"),
        ("a.png", 0, "“a.png”: está vazio."),
    ],
)
def test_what_is_not_taken_is_refused_before_a_byte_is_sent(
    browser: Browser, draft: str, name: str, size: int, said: str
) -> None:
    refused = browser.begin(draft, name, size)
    assert refused.status_code == 422
    assert refused.get_json()["erro"].startswith(said)


def test_what_is_not_what_it_says_is_refused_at_its_first_piece(
    browser: Browser, opened: Portal, draft: str
) -> None:
    way = browser.begin(draft, "programa.mp4", 5 * MEGABYTE).location or ""
    refused = browser.piece(way, b"MZ\x90\0" * 30_000, offset=0)
    assert refused.status_code == 422
    assert refused.get_json()["erro"].startswith("“programa.mp4”: o conteúdo não é de um arquivo .mp4")
    assert browser.tus("HEAD", way).status_code == 404
    assert not list(opened.services.config.files.iterdir())


def test_what_was_stopped_is_gone(browser: Browser, opened: Portal, draft: str) -> None:
    way = browser.begin(draft, "a.png", len(PNG)).location or ""
    browser.piece(way, PNG[:20], offset=0)
    assert browser.tus("DELETE", way).status_code == 204
    assert browser.piece(way, PNG[20:], offset=20).status_code == 404
    assert not list(opened.services.config.files.iterdir())


def test_what_nobody_went_on_with_for_a_day_is_gone(browser: Browser, opened: Portal, draft: str) -> None:
    way = browser.begin(draft, "a.png", len(PNG)).location or ""
    browser.piece(way, PNG[:20], offset=0)
    opened.wait(timedelta(hours=24, seconds=1))
    again = opened.signed_in()
    assert again.tus("HEAD", way).status_code == 410
    assert again.piece(way, PNG[20:], offset=20).status_code == 410
    assert names(again, draft) == []


def test_another_partner_finds_nothing_there(browser: Browser, opened: Portal, draft: str) -> None:
    way = browser.begin(draft, "segredo.png", len(PNG)).location or ""
    browser.piece(way, PNG[:20], offset=0)
    eva = opened.signed_in("eva@outra.com.br")
    own = eva.new_draft()
    eva.fill(own, "salvar")
    for path in (way, way.replace(draft, own)):
        assert eva.tus("HEAD", path).status_code == 404
        assert eva.piece(path, PNG[20:], offset=20).status_code == 404
        assert eva.tus("DELETE", path).status_code == 404
    eva.fill(draft, "salvar")
    assert eva.begin(draft, "meu.png", len(PNG)).status_code == 404
    assert browser.piece(way, PNG[20:], offset=20).status_code == 204
    assert names(browser, draft) == ["segredo.png"]


def test_the_quota_counts_what_is_kept_and_what_is_on_its_way(
    browser: Browser, opened: Portal, draft: str
) -> None:
    set_quota(opened, 4 * MEGABYTE)
    kept = io.BytesIO(b"x" * MEGABYTE)
    browser.fill(draft, "salvar", arquivos=(kept, "a.txt"))
    way = browser.begin(draft, "b.txt", 2 * MEGABYTE).location or ""
    refused = browser.begin(draft, "c.txt", MEGABYTE + 1)
    assert refused.status_code == 422
    assert refused.get_json()["erro"] == (
        "“c.txt”: seus rascunhos já guardam quase 4 MB. Envie ou descarte algum antes."
    )
    page = browser.fill(draft, "salvar", arquivos=(io.BytesIO(b"x" * (MEGABYTE + 1)), "d.txt"))
    assert "“d.txt”: seus rascunhos já guardam" in page.text
    assert names(browser, draft) == ["a.txt"]
    eva = opened.signed_in("eva@outra.com.br")
    assert eva.begin(eva.new_draft(), "e.txt", MEGABYTE + 1).status_code == 201  # hers is her own
    browser.tus("DELETE", way)
    assert browser.begin(draft, "c.txt", MEGABYTE + 1).status_code == 201


def test_a_filed_ticket_frees_the_quota(browser: Browser, opened: Portal) -> None:
    set_quota(opened, 2 * MEGABYTE)
    for name in ("a.txt", "b.txt"):
        browser.file_ticket(arquivos=(io.BytesIO(b"x" * (MEGABYTE + 1)), name))
    assert len(opened.tickets()) == 2


def test_twenty_files_at_most_with_those_on_their_way(browser: Browser, draft: str) -> None:
    begun = [browser.begin(draft, f"{number}.png", 9).status_code for number in range(21)]
    assert begun == [201] * 20 + [422]


def test_a_full_disk_takes_no_more(browser: Browser, draft: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        free = 400 * MEGABYTE

    monkeypatch.setattr("shutil.disk_usage", lambda _: Full)
    refused = browser.begin(draft, "a.png", 9)
    assert refused.status_code == 422
    assert "não há espaço para ele agora" in refused.get_json()["erro"]
