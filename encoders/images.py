"""From bytes to pixels: the one decoding and preprocessing for training, ingestion and queries."""

from __future__ import annotations

import io
import struct
import warnings
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from core.errors import ImageTooLarge, ImageUnreadable

MAX_PIXELS = 100_000_000
"""Default limit on an image's width x height, checked before its pixels are decoded."""

ResizeRule: TypeAlias = Literal["crop", "pad", "squash"]
RESIZE_RULES: tuple[str, ...] = get_args(ResizeRule)

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF", "PPM", "ICO", "MPO")
_SIXTEEN_BIT = frozenset({"I", "I;16", "I;16L", "I;16B", "I;16N"})

pillow_heif.register_heif_opener()


def read_image(path: Path, *, max_pixels: int = MAX_PIXELS, at_least: int = 0) -> Image.Image:
    """The RGB image in the file `path`; errors as `decode_image`."""
    return decode_image(read_file(path), max_pixels=max_pixels, at_least=at_least)


def read_file(path: Path) -> bytes:
    """The file's bytes. Raises ImageUnreadable, which says why, when it can't be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        kind = "broken link" if path.is_symlink() else "no such file"
        raise ImageUnreadable(f"{kind}: {_shown(path)}") from None
    except OSError as error:
        raise ImageUnreadable(f"{error.strerror or error}: {_shown(path)}") from None


def decode_image(data: bytes, *, max_pixels: int = MAX_PIXELS, at_least: int = 0) -> Image.Image:
    """An upright RGB image from the bytes of a JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC or AVIF file.

    The first frame of an animation; EXIF orientation applied; transparency laid over white; CMYK,
    grey, palette and 16-bit images become 8-bit RGB.

    Args:
        max_pixels: largest width x height to decode, in pixels; read from the header, so that a
            decompression bomb costs nothing.
        at_least: if over 0, a JPEG may be decoded at 1/2, 1/4 or 1/8 size as long as its shorter
            side keeps this many pixels, which is several times faster. 0 decodes at full size.

    Raises:
        ImageTooLarge: more pixels than `max_pixels`.
        ImageUnreadable: empty, truncated, of no pixels, or of no supported format.
    """
    if not data:
        raise ImageUnreadable("The file is empty.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd EXIF; the pixels are what counts
            return _decode(data, max_pixels, at_least)
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(str(error)) from None
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        OverflowError,
        AttributeError,
        RuntimeError,
        MemoryError,
        ZeroDivisionError,
        struct.error,
    ) as error:  # what Pillow's plug-ins raise on damaged files
        raise ImageUnreadable(_reason(error, data)) from None


def _decode(data: bytes, max_pixels: int, at_least: int) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        width, height = image.size
        if width < 1 or height < 1:
            raise ImageUnreadable(f"The image has no pixels ({width} x {height}).")
        if width * height > max_pixels:
            raise ImageTooLarge(
                f"The image has {width:,} x {height:,} pixels; the limit is {max_pixels:,}.",
                hint="Scale it down, or raise BINOCLE_IMAGES__MAX_PIXELS.",
            )
        if at_least and image.format in ("JPEG", "MPO"):
            short = min(width, height)
            scale = max(1.0, short / at_least)
            image.draft(None, (int(width / scale), int(height / scale)))
        image.load()
        upright = ImageOps.exif_transpose(image)
        return _to_rgb(upright)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in _SIXTEEN_BIT:
        wide = np.asarray(image).astype(np.float32)
        grey = np.clip(wide / 257.0, 0, 255).astype(np.uint8)  # 65535 / 255
        return Image.fromarray(grey).convert("RGB")
    if image.mode == "F":
        return Image.fromarray(np.clip(np.asarray(image), 0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        page = Image.new("RGB", layer.size, (255, 255, 255))
        page.paste(layer, mask=layer.getchannel("A"))
        return page
    return image.convert("RGB") if image.mode != "RGB" else image.copy()


def to_square(image: Image.Image, size: int, rule: ResizeRule) -> Image.Image:
    """`image` as `size` x `size` pixels, bicubic.

    crop: the shorter side becomes `size`, the middle is kept. pad: the longer side becomes `size`,
    white fills the rest. squash: both sides become `size`, proportions are lost.
    """
    if rule == "crop":
        return ImageOps.fit(image, (size, size), Image.Resampling.BICUBIC)
    if rule == "pad":
        return ImageOps.pad(image, (size, size), Image.Resampling.BICUBIC, color=(255, 255, 255))
    return image.resize((size, size), Image.Resampling.BICUBIC)


def to_pixels(
    image: Image.Image,
    size: int,
    rule: ResizeRule,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
) -> NDArray[np.float32]:
    """float32 (3, size, size): RGB scaled to 0-1, then z-scored by `mean` and `std` per channel."""
    square = np.asarray(to_square(image, size, rule), dtype=np.float32)
    scale = np.float32(1 / 255) / np.asarray(std, dtype=np.float32)
    offset = np.asarray(mean, dtype=np.float32) / np.asarray(std, dtype=np.float32)
    return np.ascontiguousarray((square * scale - offset).transpose(2, 0, 1))


def _reason(error: BaseException, data: bytes) -> str:
    if isinstance(error, ImageUnreadable):
        return error.message
    if "cannot identify" in str(error):
        return f"Not an image of a supported kind (starts with {data[:8]!r})."
    return f"The image is damaged: {str(error) or type(error).__name__}."


def _shown(path: Path) -> str:
    return str(path).encode(errors="replace").decode()


# A truncated file is a reject: half an image must never be indexed as if it were whole.
ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.MAX_IMAGE_PIXELS = None  # `max_pixels` above is the limit, and it is a setting
