"""A labelling tool inside a notebook: photos from a folder, boxes by mouse, finger or keys, YOLO label files."""

from .widget import label_images

__all__ = ["label_images"]
