"""Pictures on disk: every usual kind becomes a uint8 RGB array, turned the way the camera was held."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

from .problems import DataError

SUFFIXES = frozenset(".bmp .gif .jfif .jpeg .jpg .mpo .pgm .png .ppm .tif .tiff .webp".split())
ENDINGS = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82"}  # of a complete file
ORIENTATION = 0x0112  # the EXIF tag; its values 1 to 8 are in EXIF 2.3, section 4.6.4
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def is_image(path: Path) -> bool:
    """Whether the name ends like a picture's, in upper or lower case; hidden files do not count."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def list_images(folder: str | Path) -> list[Path]:
    """All pictures in a folder and in the folders below it, sorted; other files are passed over."""
    return sorted(path for path in Path(folder).rglob("*") if is_image(path) and path.is_file())


def read_image(path: str | Path) -> np.ndarray:
    """Decode a picture to uint8 (H, W, 3) RGB, with its EXIF orientation applied.

    Grey and palette pictures become RGB; transparency is dropped, as OpenCV does; of 16 bits the upper 8
    are kept; of an animation, the first frame. Raises DataError for a missing or broken file.
    """
    with _opened(path) as image:
        turn = _orientation(image)  # before the pixels are loaded, so that image_size sees the same
        pixels = _rgb(image)
    return np.array(pixels.transpose(TURNS[turn]) if turn in TURNS else pixels)


def image_size(path: str | Path) -> tuple[int, int]:
    """(width, height) of what read_image would return, from the file's header alone."""
    with _opened(path) as image:
        return _size(image)


def is_turned(path: str | Path) -> bool:
    """Whether read_image turns or mirrors the picture, because its EXIF orientation says so; raises DataError."""
    with _opened(path) as image:
        return _orientation(image) in TURNS


def check_image(path: str | Path) -> tuple[int, int]:
    """The image_size of a picture that is not cut short; raises DataError for one that is.

    Reads the header and the last bytes only, so thousands of pictures take a second. A file that ends in an
    unusual way (some cameras append data of their own) is decoded in full to be sure.
    """
    with _opened(path) as image:
        size, ending = _size(image), ENDINGS.get(image.format, b"")
    with open(path, "rb") as file:
        file.seek(-len(ending), os.SEEK_END)
        complete = file.read() == ending
    if not complete:
        read_image(path)
    return size


def write_image(path: str | Path, image: np.ndarray, quality: int = 90) -> None:
    """Write uint8 (H, W, 3) RGB atomically. The suffix chooses the format; `quality` is JPEG's and WebP's."""
    path = Path(path)
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind is None:
        raise DataError(f"{path}: no picture format is called {path.suffix!r}. Use .jpg or .png.")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise DataError(f"{path}: expected a uint8 (H, W, 3) array, found {image.dtype} {image.shape}.")
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format=kind, quality=quality)
    write_atomic(path, buffer.getvalue())


def write_atomic(path: Path, data: bytes) -> None:
    """Write a file beside its place, then rename it: nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(data)
    os.replace(temporary, path)


@contextmanager
def _opened(path: str | Path) -> Iterator[Image.Image]:
    """Pillow's picture, its pixels not loaded yet; what goes wrong inside the block becomes a DataError."""
    try:
        with Image.open(path) as image:
            yield image
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such picture. Restore it, or take it off the list.") from error
    except Exception as error:  # Pillow's decoders raise a dozen kinds for a broken file
        fix = "Export or fetch it again, or remove it."
        raise DataError(f"{path}: the picture cannot be read ({type(error).__name__}: {error}). {fix}") from error


def _size(image: Image.Image) -> tuple[int, int]:
    width, height = image.size
    return (height, width) if _orientation(image) >= 5 else (width, height)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation given in the header; 1 (upright) where there is none, or where it is broken."""
    if image.format == "TIFF":
        return 1  # Pillow (11 or later) turns these itself
    if image.format == "PNG" and "exif" not in image.info:
        return 1  # else Pillow decodes the whole picture to look for one behind the pixels
    try:
        turn = image.getexif().get(ORIENTATION, 1)
    except Exception:
        return 1
    return turn if turn in TURNS else 1


def _rgb(image: Image.Image) -> Image.Image:
    """Any of Pillow's modes to 8-bit RGB."""
    if image.mode == "F":
        raise ValueError("a floating-point picture has no defined white: save it with 8 or 16 bits")
    if image.mode.startswith("I"):  # 16 bits: Pillow's own conversion would cut them off at 255
        values = np.asarray(image).astype(np.int64)
        if values.size and not 0 <= values.min() <= values.max() <= 0xFFFF:
            raise ValueError("the pixels have more than 16 bits: save it with 8 or 16 bits")
        image = Image.fromarray((values >> 8).astype(np.uint8))
    return image.convert("RGB")
