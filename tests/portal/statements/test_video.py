"""Statement 5: a video whose connection is cut in the middle goes on where it was.

`CHAMADOS_TEST_VIDEO_MB=200 CHAMADOS_TEST_CUT_SECONDS=30 pytest -s tests/portal/statements/test_video.py`
"""

import hashlib
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect
from sqlalchemy import select

from bridge.config import UploadSettings
from bridge.store.file_limit import remember_file_limit
from bridge.store.tables import Upload
from tests.portal.conftest import Portal
from tests.portal.statements.cable import Cable
from tests.portal.statements.conftest import Desk, sign_in
from tests.portal.test_browser import pytestmark as needs_chromium

pytestmark = needs_chromium
MEGABYTE = 1024 * 1024
SIZE = int(os.environ.get("CHAMADOS_TEST_VIDEO_MB", "12")) * MEGABYTE
CUT = float(os.environ.get("CHAMADOS_TEST_CUT_SECONDS", "1"))
MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path, noise = tmp_path / "erro na tela.mp4", random.Random(5)
    with path.open("wb") as target:
        target.write(MP4)
        while target.tell() < SIZE:
            target.write(noise.randbytes(min(MEGABYTE, SIZE - target.tell())))
    return path


@pytest.fixture
def cable(served: str) -> Iterator[Cable]:
    made = Cable(int(served.rpartition(":")[2]), rate=40 * MEGABYTE, tear_after=SIZE // 2, seconds=CUT)
    yield made
    made.close()


def test_statement_5_a_cut_video_goes_on_where_it_was(
    chromium: Chromium, opened: Portal, cable: Cable, video: Path
) -> None:
    config = replace(opened.services.config, uploads=UploadSettings())
    object.__setattr__(opened.services, "config", config)
    with opened.services.store.begin() as db:
        remember_file_limit(db, 250 * MEGABYTE, now=opened.now[0])
    url = f"http://127.0.0.1:{cable.port}"
    context = chromium.new_context(base_url=url, locale="pt-BR")
    sign_in(opened, context, url)
    desk = Desk(context=context, page=context.new_page(), opened=opened, url=url)
    desk.new_form()
    pieces: list[tuple[bool, int]] = []
    desk.page.on(
        "request",
        lambda asked: (
            pieces.append((cable.torn, int(asked.headers["upload-offset"])))
            if asked.method == "PATCH"
            else None
        ),
    )
    desk.page.get_by_label("Arquivos para").set_input_files(video)
    expect(desk.page.get_by_text("continua sozinho")).to_be_visible(timeout=120_000)
    expect(desk.page.locator("a.file-name")).to_have_text(video.name, timeout=CUT * 1000 + 180_000)
    resumed = next(offset for torn, offset in pieces if torn)
    print(f"{SIZE / MEGABYTE:.0f} MB, cut at 50 % for {CUT:.0f} s: resumed from {resumed / SIZE:.1%}")
    assert resumed >= 0.45 * SIZE
    with opened.services.store.read() as db:
        kept = db.scalars(select(Upload)).one()
    assert kept.sha256 == hashlib.sha256(video.read_bytes()).hexdigest()
    context.close()
