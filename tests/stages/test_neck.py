"""How maps meet."""

import pytest
import torch

from yolo_course.model import YOLOv5
from yolo_course.stages.neck import Concat, upsample


def test_concat_stacks_channels_and_adds_nothing():
    a, b = torch.ones(2, 3, 4, 5), torch.full((2, 1, 4, 5), 2.0)
    joined = Concat()([a, b])
    assert joined.shape == (2, 4, 4, 5)
    assert torch.equal(joined[:, :3], a) and torch.equal(joined[:, 3:], b)
    assert torch.equal(Concat(1)((a, b)), joined)


def test_upsampling_copies_each_value_into_a_patch():
    doubled = upsample()(torch.tensor([[[[1.0, 2], [3, 4]]]]))
    assert doubled[0, 0].tolist() == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert not list(upsample().parameters())


# Which feature of the backbone reaches which output: P3, P4, P5 in rows, N3, N4, N5 in columns.
@pytest.mark.parametrize(
    ("bottom_up", "reaches"),
    [(True, [[1, 1, 1], [1, 1, 1], [1, 1, 1]]), (False, [[1, 0, 0], [1, 1, 0], [1, 1, 1]])],
)
def test_meaning_travels_down_and_position_travels_up(bottom_up, reaches):
    """With the way back up cut, fine features no longer reach the coarse outputs."""
    torch.manual_seed(0)
    model = YOLOv5("n", num_classes=1).eval()
    if not bottom_up:
        with torch.no_grad():
            for row in (18, 21):  # the convolutions of stride 2 on the way up
                model.model[row].bn.weight.zero_()
                model.model[row].bn.bias.zero_()
    features = [f.detach().requires_grad_() for f in model.backbone(torch.rand(1, 3, 64, 64))]
    fused = model.neck(*features)
    for n, out in enumerate(fused):
        gradients = torch.autograd.grad(out.sum(), features, retain_graph=True, allow_unused=True)
        found = [int(g is not None and bool(g.abs().sum() > 0)) for g in gradients]
        assert found == [row[n] for row in reaches]
