"""Pictures: opened to be believed, freed of what their maker did not mean to send, drawn small."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageOps

_FORMATS = {"png": ["PNG"], "jpg": ["JPEG", "MPO"], "jpeg": ["JPEG", "MPO"], "gif": ["GIF"], "webp": ["WEBP"]}
"""A telephone's .jpg may hold several pictures (MPO); only the first is kept."""
_FIRST_BYTES = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}
_FIRST_BYTES["jpeg"] = _FIRST_BYTES["jpg"]
MAXIMUM_PIXELS = 100_000_000
"""Of one picture, all frames together: 400 MB of memory while it is open."""
THUMBNAIL = (256, 256)
_JPEG_QUALITY = 92
_HARMLESS = {"APP0", "APP2", "APP14"}
"""JPEG segments that say how to show it (JFIF, colour profile, Adobe's transform), not who took it where."""
_SHOWING = {"icc_profile", "transparency", "background", "duration", "loop", "disposal", "blend", "gamma"}
"""What Pillow may carry over into a rewritten picture."""
BROKEN = "a imagem está danificada. Abra-a no computador, salve de novo e envie outra vez."
TOO_LARGE = "a imagem tem pontos demais. Diminua-a e envie de novo."

# Two at once: each may hold MAXIMUM_PIXELS in memory.
_at_work = threading.BoundedSemaphore(2)
# Ours is held to before anything is decoded; Pillow's own limit only warns below twice its value.
Image.MAX_IMAGE_PIXELS = None


class Unreadable(Exception):
    """The picture cannot be used. The message completes “name”: …"""


def begins_like(path: Path, ending: str) -> bool:
    """False when the first bytes are no such picture's."""
    with path.open("rb") as file:
        start = file.read(12)
    return start.startswith(_FIRST_BYTES[ending]) and (ending != "webp" or start[8:] == b"WEBP")


def settle(path: Path, ending: str, *, small: Path) -> None:
    """Open every frame; rewrite a picture that tells more than it shows; draw it small beside.

    Raises:
        Unreadable: it is broken or too large.
    """
    with _at_work, _opened(path, ending) as image:
        for frame in reversed(range(_frames(image))):
            image.seek(frame)
            image.load()
        if _tells(image):
            _rewrite(image, path)
        _draw_small(image, small)


@contextmanager
def _opened(path: Path, ending: str) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=_FORMATS[ending]) as image:
            if image.width * image.height * _frames(image) > MAXIMUM_PIXELS:
                raise Unreadable(TOO_LARGE)
            yield image
    except Unreadable:
        raise
    except Exception as error:  # decoders meet broken data with whatever comes of it
        if isinstance(error, OSError) and error.errno:  # the disk's trouble, not the picture's
            raise
        raise Unreadable(BROKEN) from error


def _frames(image: Image.Image) -> int:
    return 1 if image.format == "MPO" else int(getattr(image, "n_frames", 1))


def _tells(image: Image.Image) -> bool:
    """Whether it holds place, device, author or words besides what is seen."""
    segments = {name for name, _ in getattr(image, "applist", ())}
    words = getattr(image, "text", {})
    telling = {"exif", "xmp", "XML:com.adobe.xmp", "photoshop", "comment"} & set(image.info)
    return bool(segments - _HARMLESS or words or telling or image.format == "MPO" or image.getexif())


def _rewrite(image: Image.Image, path: Path) -> None:
    """The same picture, the right way up, with nothing but what is needed to show it."""
    scratch = path.with_name(f"{path.name}.clean")
    turned = image.getexif().get(_ORIENTATION, 1) != 1
    frames = _frames(image) > 1
    shown = image if frames or not turned else ImageOps.exif_transpose(image)
    shown.info = {name: value for name, value in image.info.items() if name in _SHOWING}
    options: dict[str, object] = {"save_all": True} if frames else {}
    if image.format in {"JPEG", "MPO"}:
        options["quality"] = "keep" if shown.format == "JPEG" else _JPEG_QUALITY
    kind = "JPEG" if image.format == "MPO" else image.format
    try:
        shown.save(scratch, kind, icc_profile=image.info.get("icc_profile"), **options)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


_ORIENTATION = 0x0112


def _draw_small(image: Image.Image, target: Path) -> None:
    image.seek(0)
    small = image.convert("RGBA")
    small.thumbnail(THUMBNAIL)
    small = ImageOps.exif_transpose(small)
    sheet = Image.new("RGB", small.size, "white")
    sheet.paste(small, mask=small.getchannel("A"))
    sheet.save(target, "JPEG", quality=80)
