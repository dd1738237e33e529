"""One picture through the five stages: what is shown at each step is what the stage itself gives."""

import numpy as np
import pytest
import torch

import yolo_course as yc
from yolo_course.show import style
from yolo_course.show.explorers import canvas, start
from yolo_course.show.plots.pictures import strongest_channels


@pytest.fixture(scope="module")
def model():
    return yc.course_model()


@pytest.fixture(scope="module")
def samples():
    return start.example_pictures(3)


@pytest.fixture(scope="module")
def walks(model, samples):
    return [start.walk(model, *sample) for sample in samples]


@pytest.fixture(scope="module")
def outputs(model, walks):
    """Images, decoded and raw outputs of the model itself, for the first picture."""
    images, _ = yc.collate([(walks[0].boxed, np.zeros((0, 4), np.float32), np.zeros(0, np.int64))])
    with torch.no_grad():
        return images, *model(images)


def test_the_walk_gives_what_the_model_gives(walks, outputs):
    assert torch.equal(walks[0].decoded, outputs[1][0])


def test_the_pictures_are_square_wide_and_tall(samples):
    (square, *_), (wide, *_), (tall, *_) = samples
    assert square.shape == (192, 192, 3) and wide.shape == (128, 192, 3) and tall.shape == (192, 144, 3)


def test_the_maps_are_the_channels_that_vary_most(model, walks, outputs):
    with torch.no_grad():
        p5 = model.backbone(outputs[0])[2]
    channel, values = strongest_channels(p5, 1)[0]
    shown = walks[0].maps["P5"][0]
    assert shown.shape == (4, 4, 3) and walks[0].shapes["P5"] == "256 × 4 × 4"
    brightest = np.unravel_index(shown.sum(2).argmax(), (4, 4))
    assert values[brightest] > values.max() - 0.01 * np.ptp(values)
    view = start.stages_view(walks[0], model.names, 2, 1, 0.25)
    left, top = 3 * 225 - 25, start.TOP + 26
    assert np.array_equal(view.picture[top : top + 160, left : left + 160], canvas.enlarged(shown, 40))


def test_the_neck_is_shown_below_what_it_was_given(model, walks):
    view = start.stages_view(walks[0], model.names, 3, 2, 0.25)
    for row, name in enumerate(("P3", "N3")):
        top = start.TOP + 26 + row * 190
        assert np.array_equal(view.picture[top : top + 160, 200:360], canvas.enlarged(walks[0].maps[name][1], 10))


@pytest.mark.parametrize("conf", [0.05, 0.25, 0.9])
def test_the_words_count_the_proposals(model, walks, outputs, conf):
    scores = (outputs[1][0, :, 4:5] * outputs[1][0, :, 5:]).amax(1)
    words = start.stages_view(walks[0], model.names, 4, 1, conf).words
    assert words.startswith(f"1,008 boxes proposed, of which {int((scores > conf).sum()):,} score above {conf:.2f}")


def test_after_suppression_the_words_are_those_of_predict(model, samples, walks):
    for sample, walked in zip(samples[:1], walks, strict=False):
        found = yc.predict(model, sample[0], size=128)
        told = ", ".join(f"{model.names[int(row[5])]} {row[4]:.2f}" for row in found)
        assert start.stages_view(walked, model.names, 5, 1, 0.25).words.endswith(f"are left: {told}.")
    assert "none at all" in start.stages_view(walks[0], model.names, 5, 1, 0.99).words


def test_the_loss_is_the_loss(model, walks, samples, outputs):
    _, targets = yc.collate([(walks[0].boxed, walks[0].boxes, samples[0][2])])
    loss, _ = yc.YOLOLoss(model)(outputs[2], targets)
    view = start.stages_view(walks[0], model.names, 6, 1, 0.25)
    assert view.words.startswith(f"Loss {float(loss):.3f}: box ")
    bars = (view.picture[:, 400:] == canvas.rgb(style.STAGES["loss"])).all(2)[start.TOP + 60 :]
    longest = bars.sum(1).max()
    assert abs(longest - start.LOSS_SCALE * max(walks[0].parts)) <= 2


@pytest.mark.parametrize(("step", "stage"), [*enumerate(("", "input", "backbone", "neck", "head", "head", "loss"))])
def test_the_strip_lights_the_stage(model, walks, step, stage):
    picture = start.stages_view(walks[1], model.names, step, 1, 0.25).picture
    lit = [
        name
        for place, (name, colour) in enumerate(style.STAGES.items())
        if tuple(picture[30, place * 172 + 10]) == canvas.rgb(colour)
    ]
    assert lit == [stage] * bool(stage)


def test_words_longer_than_the_picture_do_not_stop_it(model, walks):
    assert start.stages_view(walks[0], ["a very long name of a class " * 4] * 8, 5, 1, 0.25).picture.shape == (
        430,
        860,
        3,
    )
