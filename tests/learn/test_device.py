"""Which device, and how many bits."""

from __future__ import annotations

import pytest
import torch

from tests.learn.tiny import tiny_model
from yolo_course import machine
from yolo_course.learn.device import Compute, choose

CPU = torch.device("cpu")


@pytest.fixture
def bare(monkeypatch):
    """A machine without an accelerator."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def with_gpu(monkeypatch):
    """A machine that says it has one CUDA device."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: False)


class TestChoice:
    def test_auto_on_a_bare_machine(self, bare):
        assert choose().device == CPU

    @pytest.mark.parametrize(("features", "expected"), [((), "fp32"), (None, "fp32"), (("avx512_bf16",), "bf16")])
    def test_half_precision_where_the_cpu_is_made_for_it(self, bare, monkeypatch, features, expected):
        monkeypatch.setattr(machine, "fast_bf16_features", lambda: features)
        assert choose("cpu").precision == expected

    def test_what_is_asked_for_is_taken(self, bare):
        assert choose("cpu", "fp32") == Compute(CPU, "fp32")
        assert choose("cpu", "bf16") == Compute(CPU, "bf16")

    def test_fp16_needs_a_gpu(self, bare):
        with pytest.raises(ValueError, match="found precision 'fp16' on cpu, which needs a CUDA device: use 'bf16'"):
            choose("cpu", "fp16")

    def test_another_precision(self):
        with pytest.raises(ValueError, match="found precision 'half', expected one of auto, fp32, bf16, fp16"):
            choose("cpu", "half")

    @pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", "gpu", "tpu:3", "", "cpu:x"])
    def test_a_device_that_is_not_there(self, bare, name):
        with pytest.raises(ValueError, match=f"found device {name!r}, expected auto or one of cpu$"):
            choose(name)

    def test_a_gpu_is_preferred_and_its_number_checked(self, with_gpu):
        assert choose().device.type == "cuda" and choose().precision == "fp16"  # an old one, without bfloat16
        assert choose("cuda:0", "fp16").device == torch.device("cuda:0")
        with pytest.raises(ValueError, match="found device 'cuda:1'"):
            choose("cuda:1")


class TestCompute:
    @pytest.mark.parametrize("precision", ["fp32", "bf16"])
    def test_weights_are_float32_in_the_order_that_is_fast(self, precision):
        compute, model = Compute(CPU, precision), tiny_model()
        assert compute.place(model) is model
        assert model.model[1].conv.weight.is_contiguous(memory_format=torch.channels_last)
        assert all(p.dtype == torch.float32 for p in model.parameters())

    @pytest.mark.parametrize(("precision", "last"), [("fp32", False), ("fp16", True), ("bf16", True)])
    def test_on_a_gpu_the_order_follows_the_precision(self, precision, last):
        assert Compute(torch.device("cuda"), precision).channels_last is last

    @pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
    def test_autocast(self, precision, dtype):
        with Compute(CPU, precision).autocast():
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == dtype

    def test_both_precisions_say_nearly_the_same(self):
        images, outputs = torch.rand(1, 3, 64, 64), []
        for precision in ("fp32", "bf16"):
            compute = Compute(CPU, precision)
            with compute.autocast(), torch.no_grad():
                decoded, _ = compute.place(tiny_model().eval())(images)
            assert decoded.dtype == torch.float32
            outputs.append(decoded)
        assert torch.allclose(*outputs, rtol=0.1, atol=4)
        assert not torch.equal(*outputs)

    def test_memory_is_not_invented_where_pytorch_does_not_count(self):
        compute = Compute(CPU, "fp32")
        compute.reset_peak_memory()
        compute.synchronise()
        assert compute.peak_memory() == {"memory_mb": None, "reserved_mb": None}

    @pytest.mark.gpu
    @pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
    def test_memory_on_a_gpu(self):
        compute = choose("cuda")
        compute.reset_peak_memory()
        kept = torch.ones(2**20, device=compute.device)
        compute.synchronise()
        assert compute.peak_memory()["memory_mb"] >= kept.numel() * 4 / 2**20
