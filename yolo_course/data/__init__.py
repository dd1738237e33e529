"""Data sets: the ones in the box, and yours in YOLO, Pascal VOC or COCO form."""

from .coco import load_coco
from .dataset import Dataset
from .embedded import data_dir, source_dataset
from .images import image_size, list_images, read_image, write_image
from .load import load_dataset
from .problems import DataError, DataWarning, Problem
from .remote import download
from .render import render_domain, render_sample
from .save import save_yolo
from .voc import load_voc
from .yolo import load_yolo

__all__ = [
    "DataError",
    "DataWarning",
    "Dataset",
    "Problem",
    "data_dir",
    "download",
    "image_size",
    "list_images",
    "load_coco",
    "load_dataset",
    "load_voc",
    "load_yolo",
    "read_image",
    "render_domain",
    "render_sample",
    "save_yolo",
    "source_dataset",
    "write_image",
]
