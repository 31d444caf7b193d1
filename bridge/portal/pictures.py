"""Pictures: opened to be believed, freed of what their maker did not mean to send, drawn small."""

import threading
import warnings
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
MAXIMUM_FRAMES = 500
THUMBNAIL = (256, 256)
_TILE = 1024
"""Points across and down of what is drawn small at a time: the whole in full colour may not fit in memory."""
_JPEG_QUALITY = 92
_HARMLESS = {"APP0", "APP2", "APP14"}
"""JPEG segments that say how to show it (JFIF, colour profile, Adobe's transform), not who took it where."""
_SHOWING = {"icc_profile", "transparency", "background", "duration", "loop", "disposal", "blend", "gamma"}
"""What Pillow may carry over into a rewritten picture."""
BROKEN = "a imagem está danificada. Abra-a no computador, salve de novo e envie outra vez."
TOO_LARGE = "a imagem tem pontos demais. Diminua-a e envie de novo."
TOO_MANY_FRAMES = "a animação tem quadros demais. Envie-a como vídeo."

# Two at once: each may hold MAXIMUM_PIXELS in memory.
_at_work = threading.BoundedSemaphore(2)
# Pillow raises at twice its limit, before it makes room: also for a later frame that widens the picture.
Image.MAX_IMAGE_PIXELS = MAXIMUM_PIXELS // 2
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


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
        _see_every_frame(image)
        tells = _tells(image)  # in the last frame: words may stand behind the first
        image.seek(0)
        if tells:
            _rewrite(image, path)
        _draw_small(image, small)


@contextmanager
def _opened(path: Path, ending: str) -> Iterator[Image.Image]:
    try:
        with Image.open(path, formats=_FORMATS[ending]) as image:
            yield image
    except Unreadable:
        raise
    except Image.DecompressionBombError as error:
        raise Unreadable(TOO_LARGE) from error
    except Exception as error:  # decoders meet broken data with whatever comes of it
        if isinstance(error, OSError) and error.errno:  # the disk's trouble, not the picture's
            raise
        raise Unreadable(BROKEN) from error


def _see_every_frame(image: Image.Image) -> None:
    """Decode one frame after the other: a step back, or a GIF's count, begins at the first anew."""
    for frame in range(MAXIMUM_FRAMES):
        if image.width * image.height * (frame + 1) > MAXIMUM_PIXELS:
            raise Unreadable(TOO_LARGE)
        image.load()
        if not _turn_to(image, frame + 1):
            return
    raise Unreadable(TOO_MANY_FRAMES)


def _turn_to(image: Image.Image, frame: int) -> bool:
    """False when the picture ends before that frame."""
    if image.format == "MPO":
        return False
    try:
        image.seek(frame)
    except EOFError:
        if frame < _frames(image):  # announced, and not there
            raise
        return False
    return True


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
    if image.format == "GIF":
        options["comment"] = b""  # else Pillow would keep a later frame's
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
    small = _shrunk(image, max(1, max(image.size) // (2 * max(THUMBNAIL))))
    small.thumbnail(THUMBNAIL)
    small = ImageOps.exif_transpose(small)
    sheet = Image.new("RGB", small.size, "white")
    sheet.paste(small, mask=small.getchannel("A"))
    sheet.save(target, "JPEG", quality=80)


def _shrunk(image: Image.Image, factor: int) -> Image.Image:
    """The first frame so many times smaller, in full colour with its transparency, tile by tile."""
    shrunk = Image.new("RGBA", (-(-image.width // factor), -(-image.height // factor)))
    shrunk.info = {name: value for name, value in image.info.items() if name != "transparency"}
    step = factor * max(1, _TILE // factor)
    for top in range(0, image.height, step):
        for left in range(0, image.width, step):
            box = (left, top, min(left + step, image.width), min(top + step, image.height))
            tile = image.crop(box).convert("RGBA").reduce(factor)
            shrunk.paste(tile, (left // factor, top // factor))
    return shrunk
