"""Settings: names, ranges, and the hint in each error."""

from __future__ import annotations

import numpy as np
import pytest

from yolo_course.learn.batches import AUGMENT
from yolo_course.learn.settings import Settings
from yolo_course.stages.loss import DEFAULT_HYP


def test_the_defaults_fit_themselves():
    assert Settings.of() == Settings()


def test_what_is_given_is_kept():
    settings = Settings.of(epochs=3, lr=0.1, hyp={"box": 0.1, "mosaic": 0}, threads=2, rect=True)
    assert (settings.epochs, settings.lr, settings.threads, settings.rect) == (3, 0.1, 2, True)
    assert settings.hyp == {"box": 0.1, "mosaic": 0}


def test_numpys_numbers_become_pythons():
    settings = Settings.of(seed=np.int64(3), lr=np.float64(0.1))
    assert type(settings.seed) is int and type(settings.lr) is float


def test_every_hyperparameter_of_loss_and_augmentation_is_known():
    Settings.of(hyp={**DEFAULT_HYP, **AUGMENT})


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"epoch": 3}, "found the setting 'epoch', expected one such as epochs"),
        ({"learning_rate": 3}, "found the setting 'learning_rate'"),
        ({"qqq": 3}, "expected one such as epochs, size, batch_size"),
        ({"hyp": {"mosiac": 1.0}}, "found the hyperparameter 'mosiac', expected one such as mosaic"),
        ({"hyp": {"lr0": 0.01}}, "found the hyperparameter 'lr0'"),
        ({"hyp": {"mosaic": "all"}}, "found mosaic='all', expected a number"),
        ({"hyp": {"box": float("nan")}}, "found box=nan, expected a number"),
        ({"hyp": None}, "found hyp=None, expected names and numbers"),
        ({"hyp": 3}, "found hyp=3, expected names and numbers"),
        ({"epochs": 0}, "found epochs=0, expected a whole number of 1 or more"),
        ({"epochs": 2.0}, "found epochs=2.0, expected a whole number"),
        ({"batch_size": True}, "found batch_size=True, expected a whole number"),
        ({"accumulate": -1}, "found accumulate=-1"),
        ({"size": 100}, "found size=100, expected a multiple of 32"),
        ({"size": 0}, "found size=0, expected a whole number of 32 or more"),
        ({"seed": -1}, "found seed=-1, expected a whole number of 0 or more"),
        ({"workers": -1}, "found workers=-1"),
        ({"close_mosaic": 1.5}, "found close_mosaic=1.5"),
        ({"warmup": None}, "found warmup=None"),
        ({"lr": 0}, "found lr=0, expected a number above 0"),
        ({"lr": float("inf")}, "found lr=inf"),
        ({"lr": "3e-3"}, "found lr='3e-3', expected a number above 0; YAML reads 3e-3 as text: write 0.003"),
        ({"final_lr": 1.5}, "found final_lr=1.5, expected a number from 0 to 1"),
        ({"momentum": -0.1}, "found momentum=-0.1"),
        ({"weight_decay": float("nan")}, "found weight_decay=nan"),
        ({"ema": 2}, "found ema=2"),
        ({"ema_ramp": 0}, "found ema_ramp=0, expected a number above 0"),
        ({"clip": 0}, "found clip=0"),
        ({"optimizer": "Adam"}, "found optimizer='Adam', expected one of 'SGD', 'AdamW'"),
        ({"schedule": "step"}, "found schedule='step', expected one of 'linear', 'cosine'"),
        ({"rect": "yes"}, "found rect='yes', expected one of False, True"),
        ({"threads": 0}, "found threads=0, expected None or a whole number of 1 or more"),
    ],
)
def test_what_cannot_be(given, match):
    with pytest.raises(ValueError, match=match):
        Settings.of(**given)
