"""Pictures as attackers make them cost little, and each is drawn small as it looks."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageOps, ImageStat

from bridge.portal import pictures
from bridge.portal.pictures import Unreadable, settle
from tests.quickness import quick

ORIENTATION = 0x0112


def gif(frames: int, *, width: int = 8) -> bytes:
    """`frames` equal ones of 8 × 8 points; the last is `width` points wide."""
    drawn = io.BytesIO()
    Image.new("P", (8, 8), 3).save(drawn, "GIF")
    whole = drawn.getvalue()
    place = whole.rindex(b",\0\0\0\0\x08\0")
    frame = whole[place:-1]
    last = frame[:5] + struct.pack("<H", width) + frame[7:]
    return whole[:place] + frame * (frames - 1) + last + b";"


def settled(folder: Path, content: bytes, ending: str) -> tuple[Path, Image.Image]:
    path, small = folder / f"one.{ending}", folder / "small"
    path.write_bytes(content)
    settle(path, ending, small=small)
    with Image.open(small) as image:
        image.load()
        return path, image


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (pictures.MAXIMUM_FRAMES, ""),
        (pictures.MAXIMUM_FRAMES + 1, pictures.TOO_MANY_FRAMES),
        (20_000, pictures.TOO_MANY_FRAMES),
    ],
)
def test_many_frames_take_no_long_time(tmp_path: Path, frames: int, said: str) -> None:
    content = gif(frames)
    with quick(1):
        if said:
            with pytest.raises(Unreadable, match=said):
                settled(tmp_path, content, "gif")
        else:
            settled(tmp_path, content, "gif")


def test_a_later_frame_does_not_widen_the_picture_over_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MAXIMUM_PIXELS", 100_000)
    with pytest.raises(Unreadable, match=pictures.TOO_LARGE):
        settled(tmp_path, gif(2, width=30_000), "gif")


def test_pillow_refuses_before_it_makes_room(tmp_path: Path) -> None:
    """A canvas of 268 million points in a WEBP of thirty bytes."""
    canvas = (16_383).to_bytes(3, "little") * 2
    content = b"VP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + canvas
    with pytest.raises(Unreadable, match=pictures.TOO_LARGE):
        settled(tmp_path, b"RIFF" + struct.pack("<I", len(content) + 4) + b"WEBP" + content, "webp")


def test_words_behind_the_first_frame_are_taken_out(tmp_path: Path) -> None:
    frames = gif(2)
    place = frames.rindex(b",\0\0\0\0\x08\0")
    path, _ = settled(tmp_path, frames[:place] + b"!\xfe\x07segredo\0" + frames[place:], "gif")
    assert b"segredo" not in path.read_bytes()


def drawn(mode: str) -> Image.Image:
    """Something with colours, edges and holes, larger than a thumbnail."""
    image = Image.new("RGBA", (1500, 1101), (200, 30, 60, 255))
    brush = ImageDraw.Draw(image)
    brush.ellipse((100, 50, 900, 1000), fill=(20, 90, 220, 255))
    brush.rectangle((700, 300, 1450, 700), fill=(0, 0, 0, 0))
    brush.rectangle((0, 1000, 1500, 1101), fill=(250, 240, 20, 128 if mode in {"RGBA", "LA"} else 255))
    if mode != "P":
        return image.convert(mode)
    palette = image.convert("RGB").quantize(15)
    palette.paste(15, (700, 300, 1450, 700))
    palette.info["transparency"] = 15
    return palette


@pytest.mark.parametrize(
    ("mode", "ending", "kind"),
    [
        ("1", "png", "PNG"),
        ("L", "png", "PNG"),
        ("LA", "png", "PNG"),
        ("P", "png", "PNG"),
        ("RGB", "png", "PNG"),
        ("RGBA", "png", "PNG"),
        ("P", "gif", "GIF"),
        ("RGBA", "webp", "WEBP"),
        ("RGB", "jpg", "JPEG"),
        ("CMYK", "jpg", "JPEG"),
    ],
)
def test_a_picture_is_small_what_it_is_large(tmp_path: Path, mode: str, ending: str, kind: str) -> None:
    written, exif = io.BytesIO(), Image.Exif()
    exif[ORIENTATION] = 6
    drawn(mode).save(written, kind, **({} if kind == "GIF" else {"exif": exif}))
    _, small = settled(tmp_path, written.getvalue(), ending)
    with Image.open(written) as image:
        whole = ImageOps.exif_transpose(image.convert("RGBA"))
    sheet = Image.new("RGBA", whole.size, "white")
    sheet.alpha_composite(whole)
    expected = ImageOps.contain(sheet.convert("RGB"), pictures.THUMBNAIL)
    assert small.size == expected.size
    differences = ImageStat.Stat(ImageChops.difference(small, expected))
    assert max(differences.mean) < 4
    assert max(differences.rms) < 10


MEASURED = """
import resource, sys
from pathlib import Path
from bridge.portal.pictures import settle

path = Path(sys.argv[1])
settle(path, "png", small=path.with_suffix(".warm"))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
settle(path.with_name("large.png"), "png", small=path.with_suffix(".small"))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_drawing_small_takes_no_more_memory_than_the_picture(tmp_path: Path) -> None:
    """25 megabytes of grey; in full colour it would be 100, and again 100 while it is shrunk."""
    Image.new("L", (64, 64)).save(tmp_path / "one.png")
    Image.new("L", (5000, 5000)).save(tmp_path / "large.png")
    run = [sys.executable, "-c", MEASURED, str(tmp_path / "one.png")]
    grown = int(subprocess.run(run, capture_output=True, text=True, check=True).stdout)
    assert grown < 60
