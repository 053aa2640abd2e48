"""Every kind of good and bad image file, made on the spot."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from core.errors import ImageError, ImageTooLarge, ImageUnreadable
from encoders.images import (
    RESIZE_RULES,
    ResizeRule,
    decode,
    decode_image,
    read_file,
    read_image,
    to_pixels,
    to_square,
)
from tests.pictures import encoded, picture


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, rows: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _middle(image: Image.Image) -> tuple[int, ...]:
    found = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return found


def _near(found: tuple[int, ...], wanted: tuple[int, ...], slack: int = 12) -> bool:
    return all(abs(a - b) <= slack for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF"])
def test_each_supported_kind_decodes_to_rgb_of_its_size(kind: str) -> None:
    image = decode_image(encoded(Image.new("RGB", (60, 44), (200, 30, 40)), kind))
    assert (image.mode, image.size) == ("RGB", (60, 44))
    assert _near(_middle(image), (200, 30, 40))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF"])
def test_a_truncated_file_is_refused_and_not_half_shown(kind: str) -> None:
    data = encoded(picture(size=(200, 200)), kind)
    with pytest.raises(ImageUnreadable):
        decode_image(data[: len(data) * 2 // 3])


def test_no_bytes_at_all_are_called_empty() -> None:
    with pytest.raises(ImageUnreadable, match="empty"):
        decode_image(b"")


def test_text_is_called_no_image() -> None:
    with pytest.raises(ImageUnreadable, match=r"Not an image .*hello"):
        decode_image(b"hello, I am a text that was renamed to .jpg")


def test_svg_is_called_no_image() -> None:
    with pytest.raises(ImageUnreadable, match="Not an image"):
        decode_image(b"<svg xmlns='http://www.w3.org/2000/svg'/>")


def test_one_pixel_is_an_image() -> None:
    image = decode_image(encoded(Image.new("RGB", (1, 1), (1, 2, 3))))
    assert (image.size, _middle(image)) == ((1, 1), (1, 2, 3))


def test_one_pixel_fills_the_square_of_every_resize_rule() -> None:
    dot = Image.new("RGB", (1, 1), (10, 20, 30))
    assert {to_square(dot, 8, rule).size for rule in RESIZE_RULES} == {(8, 8)}  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", RESIZE_RULES)
@pytest.mark.parametrize("size", [(5000, 1), (1, 5000)])
def test_a_line_of_pixels_fills_the_square(rule: ResizeRule, size: tuple[int, int]) -> None:
    assert to_square(Image.new("RGB", size), 16, rule).size == (16, 16)


def test_a_png_of_no_pixels_is_refused() -> None:
    with pytest.raises(ImageUnreadable):
        decode_image(_png(0, 0))


def test_a_gif_of_no_pixels_is_refused() -> None:
    data = bytearray(encoded(Image.new("RGB", (4, 4)), "GIF"))
    data[6:10] = bytes(4)
    with pytest.raises(ImageUnreadable):
        decode_image(bytes(data).replace(b"\x2c\0\0\0\0\x04\0\x04\0", b"\x2c" + bytes(8)))


def test_a_png_bomb_is_refused_by_its_header() -> None:
    bomb = _png(50_000, 50_000, bytes(10_000))  # decoding would take 7.5 GB
    with pytest.raises(ImageTooLarge, match=r"50,000 x 50,000 pixels; the limit is 100,000,000"):
        decode_image(bomb)


def test_the_pixel_limit_is_the_callers() -> None:
    data = encoded(picture(size=(40, 30)))
    assert decode_image(data, max_pixels=1200).size == (40, 30)
    with pytest.raises(ImageTooLarge, match="1,199"):
        decode_image(data, max_pixels=1199)


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert _near(_middle(decode_image(data)), (255, 0, 0))


def test_cmyk_becomes_rgb() -> None:
    data = encoded(Image.new("RGB", (20, 20), (250, 10, 10)).convert("CMYK"), "JPEG")
    image = decode_image(data)
    assert image.mode == "RGB"
    assert _near(_middle(image), (250, 10, 10))


def test_sixteen_bits_become_eight_by_scale_and_not_by_clipping() -> None:
    grey = Image.fromarray(np.full((20, 20), 32_896, dtype=np.uint16))
    assert _middle(decode_image(encoded(grey))) == (128, 128, 128)


@pytest.mark.parametrize("top", [1.0, 255.0, 65535.0])
def test_floats_become_eight_bits_by_the_scale_they_seem_to_have(top: float) -> None:
    values = np.linspace(0, top, 400, dtype=np.float32).reshape(20, 20)
    pixels = np.asarray(decode_image(encoded(Image.fromarray(values), "TIFF")))
    assert (pixels.min(), pixels.max()) == (0, 255)


def test_transparency_lies_over_white() -> None:
    clear = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert _middle(decode_image(encoded(clear))) == (255, 255, 255)


def test_half_transparency_is_half_white() -> None:
    half = Image.new("RGBA", (20, 20), (255, 0, 0, 128))
    assert _near(_middle(decode_image(encoded(half))), (255, 127, 127), 2)


def test_a_palettes_transparent_colour_is_white() -> None:
    image = Image.new("P", (20, 20), 1)
    image.putpalette([0, 0, 0, 255, 0, 0])
    assert _middle(decode_image(encoded(image))) == (255, 0, 0)
    assert _middle(decode_image(encoded(image, transparency=1))) == (255, 255, 255)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_turns_the_image_upright(orientation: int) -> None:
    upright = Image.new("RGB", (64, 32), "blue")
    upright.paste((255, 0, 0), (0, 0, 32, 16))  # red in the upper left quarter
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = decode(encoded(stored, "JPEG", exif=exif, quality=95))
    assert (found.width, found.height) == found.image.size == (64, 32)
    pixels = found.image.load()
    assert pixels is not None
    assert _near(pixels[8, 4], (255, 0, 0), 40)
    assert _near(pixels[56, 28], (0, 0, 255), 40)


def test_damaged_exif_does_not_spoil_the_pixels() -> None:
    data = encoded(picture(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff nonsense")
    assert decode_image(data).size == picture().size


def test_a_reduced_jpeg_keeps_the_wanted_detail_and_tells_its_full_size() -> None:
    data = encoded(picture(size=(1600, 1000)), "JPEG")
    found = decode(data, at_least=200)
    assert (found.width, found.height) == (1600, 1000)
    assert found.image.size == (400, 250)


@given(width=st.integers(1, 900), height=st.integers(1, 900), at_least=st.integers(1, 500))
@settings(max_examples=25, deadline=None)
def test_a_reduced_jpeg_is_never_smaller_than_asked_unless_it_was(
    width: int, height: int, at_least: int
) -> None:
    data = encoded(Image.new("RGB", (width, height)), "JPEG")
    image = decode_image(data, at_least=at_least)
    assert min(image.size) >= min(at_least, width, height)


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n"]),
)
@settings(max_examples=150, deadline=None)
def test_no_bytes_raise_anything_but_an_image_error(data: bytes, head: bytes) -> None:
    with contextlib.suppress(ImageError):
        decode_image(head + data)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_no_damage_raises_anything_but_an_image_error(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF"]))
    raw = bytearray(_SOUND[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(ImageError):
        decode_image(bytes(raw), max_pixels=1_000_000)


_SOUND = {
    kind: encoded(picture(size=(24, 24)), kind)
    for kind in ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF"]
}


def test_pixels_are_z_scored_planes() -> None:
    image = Image.new("RGB", (10, 10), (255, 0, 51))
    pixels = to_pixels(image, 4, "squash", (0.5, 0.0, 0.1), (0.5, 1.0, 0.1))
    assert (pixels.shape, pixels.dtype) == ((3, 4, 4), np.float32)
    np.testing.assert_allclose(pixels[:, 0, 0], [1.0, 0.0, 1.0], atol=1e-6)


def test_crop_keeps_the_middle_and_pad_adds_white() -> None:
    wide = Image.new("RGB", (300, 100), "blue")
    wide.paste((255, 0, 0), (100, 0, 200, 100))
    assert to_square(wide, 10, "crop").getpixel((5, 5)) == (255, 0, 0)
    assert to_square(wide, 30, "pad").getpixel((15, 1)) == (255, 255, 255)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadable, match=r"no such file: .*gone\.jpg"):
        read_image(tmp_path / "gone.jpg")


def test_a_broken_link_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(tmp_path / "gone.jpg")
    with pytest.raises(ImageUnreadable, match="broken link"):
        read_image(tmp_path / "link.jpg")


def test_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(tmp_path / "link.jpg")
    with pytest.raises(ImageUnreadable):
        read_image(tmp_path / "link.jpg")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_says_permission(tmp_path: Path) -> None:
    path = tmp_path / "secret.png"
    path.write_bytes(encoded(picture()))
    path.chmod(0)
    with pytest.raises(ImageUnreadable, match="Permission denied"):
        read_image(path)


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(ImageUnreadable, match="not a regular file"):
        read_image(tmp_path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(ImageUnreadable, match="not a regular file"):
        read_image(tmp_path / "pipe.jpg")


def test_a_file_over_the_byte_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "big.png"
    path.write_bytes(bytes(101))
    with pytest.raises(ImageTooLarge, match="101 bytes; the limit is 100"):
        read_file(path, max_bytes=100)


def test_a_null_character_in_a_path_is_refused() -> None:
    with pytest.raises(ImageUnreadable):
        read_image(Path("a\0b.jpg"))


def test_a_name_of_odd_bytes_is_read_and_shown(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.png"))
    odd.write_bytes(encoded(picture()))
    assert read_image(odd).size == picture().size
    odd.write_bytes(b"")
    with pytest.raises(ImageUnreadable):
        read_image(odd)
    odd.unlink()
    with pytest.raises(ImageUnreadable) as caught:
        read_image(odd)
    assert caught.value.message.encode()


def test_an_image_survives_the_stream_it_came_from() -> None:
    stream = io.BytesIO(encoded(picture()))
    image = decode_image(stream.getvalue())
    stream.close()
    assert image.resize((2, 2)).size == (2, 2)
