"""YOLOv5: the rows of a model file built into the stages, and walked through in one direction.

features = model.backbone(images)   # rows 0 to 9
fused = model.neck(*features)       # rows 10 to 23
raw = model.head(*fused)            # row 24
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from yolo_course.config import complete_config, parse_rows, read_config, release_config
from yolo_course.rows import build_rows
from yolo_course.stages.backbone import Conv
from yolo_course.stages.head import Detect

STATISTICS = ("running_mean", "running_var", "num_batches_tracked")  # what a batch normalisation remembers


class YOLOv5(nn.Module):
    """A YOLOv5 detector: ``YOLOv5("n", release="v7.0", num_classes=80)``.

    ``size`` is n, s, m, l or x (n since v6.0); ``names`` are the classes' names. In training mode ``model(images)``
    returns the head's raw maps, in evaluation mode ``(decoded, raw)``; images are float (B, 3, H, W) in 0..1 with H
    and W multiples of 32. Raises ValueError, with what there is, for a size or release that there is not.

    Parameter names, shapes and order are the original's, release by release.
    """

    def __init__(
        self,
        size: str = "s",
        release: str = "v7.0",
        num_classes: int = 80,
        names: Sequence[str] | None = None,
    ):
        super().__init__()
        self._build(release_config(size, release, num_classes), names)

    @classmethod
    def from_yaml(
        cls,
        source: str | Path | Mapping,
        num_classes: int | None = None,
        activation: Any = None,
        names: Sequence[str] | None = None,
    ) -> YOLOv5:
        """Build the network of a model file (a path, a name in ``yolo_course/configs``, or a mapping).

        ``num_classes=None`` takes the file's ``nc``, else 80. The activation is the argument, else the file's key
        ``activation``, else Leaky ReLU (0.1) for files with BottleneckCSP and SiLU for the others. Raises ConfigError
        (a ValueError) that names the row, what was found and what was expected.
        """
        model = cls.__new__(cls)
        nn.Module.__init__(model)
        model._build(complete_config(read_config(source), num_classes, activation), names)
        return model

    @classmethod
    def from_pretrained(
        cls,
        name: str = "yolov5s",
        num_classes: int | None = None,
        names: Sequence[str] | None = None,
        release: str = "v7.0",
        say: Callable[[str], None] = print,
    ) -> YOLOv5:
        """The original's network trained on COCO, fetched from its release: "yolov5n", s, m, l or x.

        ``release`` is v5.0, v6.2 or v7.0. For other classes (``num_classes``, or their ``names``) all that fits is
        transferred, and ``say`` gets a table of what was not. The weights are under AGPL-3.0, not this course's MIT:
        what that asks of you is said when they are fetched. Raises CheckpointError (a ValueError).
        """
        # Imported here, because files of weights are read into a model, not the model from them.
        from yolo_course.weights import load_pretrained

        return load_pretrained(name, num_classes, names, release, say)

    def _build(self, config: dict, names: Sequence[str] | None) -> None:
        self.config, self.rows = config, parse_rows(config)
        self.num_classes, self.size, self.release = config["nc"], config.get("size"), config.get("release")
        self.names = list(names or config.get("names") or (f"class {i}" for i in range(self.num_classes)))
        if len(self.names) != self.num_classes:
            raise ValueError(f"found {len(self.names)} names, expected {self.num_classes}, one for each class")
        self.frozen_prefixes: tuple[str, ...] = ()  # see yolo_course.learn.transfer.freeze
        self.frozen_batchnorm = "fixed"
        self.model, self.image_step = build_rows(self.rows, config)
        self.first_neck_row = len(config["backbone"])
        self.feature_rows = self._feature_rows()

    def _feature_rows(self) -> list[int]:
        """The backbone's rows that the neck reads: 4, 6 and 9, that is P3, P4 and P5."""
        read = {source for row in self.rows[self.first_neck_row :] for source in row.source}
        return sorted(row for row in read if row < self.first_neck_row)

    @property
    def detect(self) -> Detect:
        return self.model[-1]

    @property
    def stride(self) -> Tensor:
        """Pixels a cell, a number a level: 8, 16, 32."""
        return self.detect.stride

    def backbone(self, images: Tensor) -> tuple[Tensor, ...]:
        """Images (B, 3, H, W) to the features P3, P4, P5: an 8th, a 16th, a 32nd of the height and width."""
        self.check_images(images)
        outputs = self.walk(range(self.first_neck_row), {-1: images})
        return tuple(outputs[row] for row in self.feature_rows)

    def check_images(self, images: Tensor) -> None:
        """Raise ValueError unless ``images`` is (B, 3, H, W), H and W multiples of the deepest map's stride."""
        step = self.image_step
        if images.ndim != 4 or images.shape[1] != 3 or images.shape[2] % step or images.shape[3] % step:
            raise ValueError(
                f"found images of shape {tuple(images.shape)}, expected (B, 3, H, W) with H and W multiples of "
                f"{step}: letterbox pads a picture so"
            )

    def neck(self, *features: Tensor) -> tuple[Tensor, ...]:
        """Features P3, P4, P5 to the fused maps N3, N4, N5 (large, medium, small), same heights and widths."""
        if len(features) != len(self.feature_rows):
            raise ValueError(f"found {len(features)} maps, expected {len(self.feature_rows)}: model.neck(*features)")
        known = dict(zip(self.feature_rows, features, strict=True))
        outputs = self.walk(range(self.first_neck_row, len(self.rows) - 1), known)
        return tuple(outputs[row] for row in self.rows[-1].source)

    def head(self, *fused: Tensor) -> list[Tensor]:
        """Fused maps to three raw outputs (B, A, H, W, 5 + nc), whatever the mode; ``detect.decode`` reads them."""
        return self.detect(fused)

    def forward(self, images: Tensor) -> list[Tensor] | tuple[Tensor, list[Tensor]]:
        raw = self.head(*self.neck(*self.backbone(images)))
        return raw if self.training else (self.detect.decode(raw), raw)

    def walk(self, indices: range, outputs: dict[int, Tensor]) -> dict[int, Tensor]:
        """Run the rows ``indices`` (without Detect) and add their outputs, by row, to the ``outputs`` known so far."""
        for index in indices:
            inputs = [outputs[source] for source in self.rows[index].source]
            outputs[index] = self.model[index](inputs if self.rows[index].module == "Concat" else inputs[0])
        return outputs

    def train(self, mode: bool = True) -> YOLOv5:
        """Training or evaluation mode; batch normalisation that is frozen as ``"fixed"`` stays in evaluation mode."""
        super().train(mode)
        if mode and self.frozen_prefixes and self.frozen_batchnorm == "fixed":
            for name, module in self.named_modules():
                entries = [f"{name}.{statistic}" for statistic in STATISTICS]
                if isinstance(module, nn.BatchNorm2d) and any(e.startswith(self.frozen_prefixes) for e in entries):
                    module.eval()
        return self

    def fuse(self) -> YOLOv5:
        """Fold every batch normalisation that follows a convolution into it, in place; for inference only."""
        for module in self.eval().modules():
            if isinstance(module, Conv):
                module.fuse()
        return self

    def summary(self, image_size: int = 640):
        """The table of all rows, with parameters, output shapes and GFLOPs for a square picture of ``image_size``."""
        # Imported here, because the table is built on the model, not the model on the table.
        from yolo_course.summary import summarise

        return summarise(self, image_size)
