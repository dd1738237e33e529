"""Pictures of every usual kind are read as they are seen."""

import sys

import numpy as np
import pytest
from PIL import Image, ImageFile

from tests.data.files import truncate, write_picture, write_sideways, write_text
from yolo_course.data.images import (
    SUFFIXES,
    check_image,
    image_size,
    is_image,
    list_images,
    read_image,
    write_image,
)
from yolo_course.data.problems import DataError

# The corners of a 4 x 2 picture, white, black, grey, dark, and how each EXIF orientation wants them stored.
SEEN = np.array([[255, 0, 0, 0], [128, 0, 0, 60]], dtype=np.uint8)
STORED = {
    1: SEEN,
    2: SEEN[:, ::-1],
    3: SEEN[::-1, ::-1],
    4: SEEN[::-1],
    5: SEEN.T,
    6: np.rot90(SEEN),
    7: SEEN[::-1, ::-1].T,
    8: np.rot90(SEEN, -1),
}


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation(tmp_path, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned{suffix}"
    lossless = {"lossless": True} if suffix == ".webp" else {}
    Image.fromarray(STORED[orientation]).convert("RGB").save(path, exif=exif, **lossless)
    np.testing.assert_array_equal(read_image(path), np.stack([SEEN] * 3, -1))
    assert image_size(path) == check_image(path) == (4, 2)


def test_exif_orientation_of_a_jpeg(tmp_path):
    path = write_sideways(tmp_path / "x.jpg", (40, 20))
    assert read_image(path).shape == (40, 20, 3) and image_size(path) == (20, 40)


@pytest.mark.parametrize("value", [0, 9, 77])
def test_a_broken_orientation_counts_as_upright(tmp_path, value):
    exif = Image.Exif()
    exif[0x0112] = value
    path = write_picture(tmp_path / "x.jpg", exif=exif)
    assert image_size(path) == (40, 20) and read_image(path).shape == (20, 40, 3)


def test_broken_exif_counts_as_none(tmp_path):
    path = write_picture(tmp_path / "x.jpg", exif=b"Exif\x00\x00garbage")
    assert image_size(path) == (40, 20) and read_image(path).shape == (20, 40, 3)


def test_colours_keep_their_order(tmp_path):
    path = tmp_path / "red.png"
    Image.new("RGB", (3, 2), (200, 100, 50)).save(path)
    assert read_image(path)[0, 0].tolist() == [200, 100, 50]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    path = tmp_path / ("x.tif" if mode in ("CMYK", "YCbCr", "PA") else "x.png")
    picture = Image.new("RGB", (6, 4), "white").convert("P" if mode == "PA" else mode)
    if mode == "PA":
        picture = picture.convert("PA")
    try:
        picture.save(path)
    except OSError:
        pytest.skip(f"this Pillow cannot write {mode}")
    image = read_image(path)
    assert image.shape == (4, 6, 3) and image.dtype == np.uint8
    assert np.abs(image.astype(int) - 255).max() <= 2


def test_grey_is_spread_over_the_channels(tmp_path):
    path = tmp_path / "grey.png"
    Image.fromarray(SEEN).save(path)
    np.testing.assert_array_equal(read_image(path), np.stack([SEEN] * 3, -1))


def test_palette_with_transparency(tmp_path):
    path = tmp_path / "p.png"
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 210, 220])
    picture.putpixel((1, 0), 1)
    picture.save(path, transparency=0)
    assert read_image(path).tolist() == [[[10, 20, 30], [200, 210, 220]]]


def test_transparency_is_dropped(tmp_path):
    path = tmp_path / "rgba.png"
    Image.new("RGBA", (1, 1), (9, 8, 7, 0)).save(path)
    assert read_image(path).tolist() == [[[9, 8, 7]]]


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_keep_the_upper_eight(tmp_path, suffix):
    path = tmp_path / f"deep{suffix}"
    values = np.array([[0, 255, 256, 1000, 30000, 65535]], dtype=np.uint16)
    Image.fromarray(values).save(path)
    assert read_image(path)[0, :, 0].tolist() == [0, 0, 1, 3, 117, 255]


@pytest.mark.parametrize("values", [np.float32([[0.5]]), np.int32([[70000]]), np.int32([[-1]])])
def test_pixels_without_a_defined_white_are_refused(tmp_path, values):
    path = tmp_path / "x.tif"
    Image.fromarray(values).save(path)
    with pytest.raises(DataError, match="save it with 8 or 16 bits"):
        read_image(path)


def test_the_first_frame_of_an_animation(tmp_path):
    path = tmp_path / "x.gif"
    frames = [Image.new("RGB", (5, 4), colour) for colour in ("red", "blue")]
    frames[0].save(path, save_all=True, append_images=frames[1:])
    assert read_image(path)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("name", ["Straße mit Bäumen 図.jpg", "UPPER CASE.JPG", "dots.in.name.Jpeg", "a b/c d.PNG"])
def test_unusual_names(tmp_path, name):
    path = write_picture(tmp_path / name, format="PNG" if name.endswith("PNG") else "JPEG")
    assert image_size(path) == (40, 20) and read_image(path).shape == (20, 40, 3)
    assert list_images(tmp_path) == [path]


def test_list_images_passes_other_files_over(tmp_path):
    names = ["b.jpg", "a.PNG", "sub/c.tiff", "sub/deeper/d.webp"]
    for name in [*names, "notes.txt", "a.json", "Thumbs.db", "._b.jpg", ".hidden.jpg", "noending"]:
        write_text(tmp_path / name)
    (tmp_path / "folder.jpg").mkdir()
    assert list_images(tmp_path) == sorted(tmp_path / name for name in names)
    assert all(is_image(tmp_path / f"x{suffix.upper()}") for suffix in SUFFIXES)


def test_a_missing_picture(tmp_path):
    for function in (read_image, image_size, check_image):
        with pytest.raises(DataError, match=r"nowhere\.jpg: there is no such picture"):
            function(tmp_path / "nowhere.jpg")


@pytest.mark.parametrize("content", ["", "this is no picture", "\x89PNG"])
def test_a_file_that_is_no_picture(tmp_path, content):
    path = write_text(tmp_path / "x.png", content)
    for function in (read_image, image_size, check_image):
        with pytest.raises(DataError, match=r"x\.png: the picture cannot be read"):
            function(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("share", [0.6, 0.99])
def test_a_truncated_picture(tmp_path, suffix, share):
    path = truncate(write_picture(tmp_path / f"x{suffix}", (200, 100)), share)
    assert image_size(path) == (200, 100)  # the header is there
    for function in (read_image, check_image):
        with pytest.raises(DataError, match=rf"x{suffix}: the picture cannot be read .* Export or fetch"):
            function(path)


def test_a_truncated_picture_with_another_one_inside(tmp_path):
    """The end of the EXIF thumbnail is not the end of the picture."""
    small = write_picture(tmp_path / "small.jpg", (8, 8)).read_bytes()
    path = truncate(write_picture(tmp_path / "x.jpg", (200, 100), comment=small), 0.5)
    with pytest.raises(DataError):
        check_image(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_bytes_after_the_end_are_harmless(tmp_path, suffix):
    path = write_picture(tmp_path / f"x{suffix}")
    path.write_bytes(path.read_bytes() + b"\0" * 5000)
    assert check_image(path) == (40, 20)


def test_check_image_decodes_nothing_that_looks_complete(tmp_path, monkeypatch):
    paths = [write_picture(tmp_path / f"x{suffix}") for suffix in (".jpg", ".png", ".bmp", ".webp")]
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    assert [check_image(path) for path in paths] == [(40, 20)] * 4


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".bmp", ".tif"])
def test_write_then_read(tmp_path, suffix):
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 3), dtype=np.uint8)
    path = tmp_path / "new folder" / f"ü{suffix}"
    write_image(path, image)
    np.testing.assert_array_equal(read_image(path), image)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_quality_of_a_jpeg(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for quality in (20, 95):
        write_image(tmp_path / f"{quality}.jpg", image, quality)
    assert (tmp_path / "20.jpg").stat().st_size < (tmp_path / "95.jpg").stat().st_size
    assert read_image(tmp_path / "95.jpg").shape == (64, 64, 3)


def test_write_refuses_what_it_cannot_write(tmp_path):
    with pytest.raises(DataError, match=r"\.xyz"):
        write_image(tmp_path / "a.xyz", np.zeros((2, 2, 3), np.uint8))
    for image in (np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3)), np.zeros((2, 2, 4), np.uint8)):
        with pytest.raises(DataError, match="expected a uint8"):
            write_image(tmp_path / "a.png", image)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = write_picture(tmp_path / "x.png")
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_image(path, np.zeros((2, 2, 3), np.uint8))
    assert path.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="needs a permission that Windows lacks")
def test_a_folder_in_place_of_a_picture(tmp_path):
    (tmp_path / "x.jpg").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        read_image(tmp_path / "x.jpg")
