"""From bytes to pixels: the one decoding and preprocessing for training, ingestion and queries."""

from __future__ import annotations

import io
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile, ImageOps

from core.errors import BinocleError, ImageTooLarge, ImageUnreadable

MAX_PIXELS = 100_000_000
"""Default limit on an image's width x height, checked before its pixels are decoded."""

MAX_FILE_BYTES = 256 * 2**20
"""Default limit on an image file's size, checked before it is read."""

EXTENSIONS = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"}
    | {".heic", ".heif", ".avif", ".ppm", ".mpo"}
)
"""Lower-case endings of the files that may hold a supported image."""

ResizeRule: TypeAlias = Literal["crop", "pad", "squash"]
RESIZE_RULES: tuple[str, ...] = get_args(ResizeRule)

Interpolation: TypeAlias = Literal["bicubic", "bilinear", "lanczos"]
_RESAMPLING: dict[Interpolation, Image.Resampling] = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "lanczos": Image.Resampling.LANCZOS,
}

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF", "PPM")
_DEEP_GREY = frozenset({"I", "I;16", "I;16L", "I;16B", "I;16N", "F"})
_USUAL_WHITES = {"I": (255.0, 65535.0), "F": (1.0, 255.0, 65535.0)}
_ORIENTATION = ExifTags.Base.Orientation
_QUARTER_TURNS = (5, 6, 7, 8)

pillow_heif.register_heif_opener()


@dataclass(frozen=True)
class Decoded:
    """An upright RGB image and the size, in pixels, that it has in its file (upright, too)."""

    image: Image.Image
    width: int
    height: int


def read_image(path: Path, *, max_pixels: int = MAX_PIXELS, at_least: int = 0) -> Image.Image:
    """The RGB image in the file `path`; errors as `read_file` and `decode_image`."""
    return decode_image(read_file(path), max_pixels=max_pixels, at_least=at_least)


def read_file(path: Path, *, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The file's bytes.

    Raises:
        ImageUnreadable: it can't be read, or is no regular file (reading a pipe could wait for
            ever); says why.
        ImageTooLarge: more bytes than `max_bytes`.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ImageUnreadable(f"not a regular file: {_shown(path)}")
        if status.st_size > max_bytes:
            raise ImageTooLarge(
                f"The file has {status.st_size:,} bytes; the limit is {max_bytes:,}."
            )
        return path.read_bytes()
    except FileNotFoundError:
        kind = "broken link" if path.is_symlink() else "no such file"
        raise ImageUnreadable(f"{kind}: {_shown(path)}") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageUnreadable(f"{reason}: {_shown(path)}") from None


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
    return decode(data, max_pixels=max_pixels, at_least=at_least).image


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS, at_least: int = 0) -> Decoded:
    """As `decode_image`, with the size that the image has in its file."""
    if not data:
        raise ImageUnreadable("The file is empty.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of odd EXIF; the pixels are what counts
            return _decode(data, max_pixels, at_least)
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(str(error)) from None
    except BinocleError:
        raise
    except Exception as error:  # on damaged files Pillow's plug-ins raise anything
        raise ImageUnreadable(_reason(error, data)) from None


def _decode(data: bytes, max_pixels: int, at_least: int) -> Decoded:
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
        turned = image.getexif().get(_ORIENTATION) in _QUARTER_TURNS
        ImageOps.exif_transpose(image, in_place=True)
        size = (height, width) if turned else (width, height)
        return Decoded(_to_rgb(image), *size)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode in _DEEP_GREY:
        return Image.fromarray(_eight_bits(np.asarray(image), image.mode)).convert("RGB")
    if image.has_transparency_data:
        layer = image if image.mode == "RGBA" else image.convert("RGBA")
        page = Image.new("RGB", layer.size, (255, 255, 255))
        page.paste(layer, mask=layer)
        return page
    return image.convert("RGB") if image.mode != "RGB" else image.copy()


def _eight_bits(grey: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    """uint8 of the same shape. 16-bit modes say what white is; for the others it is a guess."""
    values = np.nan_to_num(grey.astype(np.float64))
    peak = float(values.max())
    usual = (65535.0,) if mode.startswith("I;16") else _USUAL_WHITES[mode]
    white = next((level for level in usual if peak <= level), peak)
    return np.clip(values * (255 / white), 0, 255).round().astype(np.uint8)


def to_square(
    image: Image.Image, size: int, rule: ResizeRule, *, interpolation: Interpolation = "bicubic"
) -> Image.Image:
    """`image` as `size` x `size` pixels.

    crop: the shorter side becomes `size`, the middle is kept. pad: the longer side becomes `size`,
    white fills the rest. squash: both sides become `size`, proportions are lost.
    """
    method = _RESAMPLING[interpolation]
    if rule == "crop":
        return _middle(image, size, method)
    if rule == "pad":
        return ImageOps.pad(image, (size, size), method, color=(255, 255, 255))
    return image.resize((size, size), method)


def _middle(image: Image.Image, size: int, method: Image.Resampling) -> Image.Image:
    """The middle square, rounded as torchvision rounds: CLIP and open_clip's models learned these.

    Resizes only what is kept: a strip of 1 x 100,000 pixels would become a giant otherwise.
    """
    width, height = image.size
    short = min(width, height)
    wide, high = size * width // short, size * height // short
    left, top = round((wide - size) / 2), round((high - size) / 2)
    across, down = width / wide, height / high
    box = (left * across, top * down, (left + size) * across, (top + size) * down)
    return image.resize((size, size), method, box=box)


def to_pixels(
    image: Image.Image,
    size: int,
    rule: ResizeRule,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
    *,
    interpolation: Interpolation = "bicubic",
) -> NDArray[np.float32]:
    """float32 (3, size, size): RGB scaled to 0-1, then z-scored by `mean` and `std` per channel."""
    square = np.asarray(to_square(image, size, rule, interpolation=interpolation))
    deviation = np.asarray(std, dtype=np.float32)
    scale: NDArray[np.float32] = np.float32(1 / 255) / deviation
    offset: NDArray[np.float32] = np.asarray(mean, dtype=np.float32) / deviation
    # Planes first: NumPy is several times slower where the innermost axis has three members.
    planes: NDArray[np.float32] = np.ascontiguousarray(square.transpose(2, 0, 1)).astype(np.float32)
    planes *= scale[:, None, None]
    planes -= offset[:, None, None]
    return planes


def _reason(error: Exception, data: bytes) -> str:
    if "cannot identify" in str(error):
        return f"Not an image of a supported kind (starts with {data[:8]!r})."
    return f"The image is damaged: {str(error) or type(error).__name__}."


def _shown(path: Path) -> str:
    return str(path).encode(errors="replace").decode()


# A truncated file is a reject: half an image must never be indexed as if it were whole.
ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.MAX_IMAGE_PIXELS = None  # `max_pixels` above is the limit, and it is a setting
