"""What the machine can do, in floating-point operations a second."""

from __future__ import annotations

import time

import torch

from raykd.distill.models.mixed_precision import fast_products

MATRIX = {"cpu": 1024, "cuda": 8192}  # rows and columns of the product that measures the peak: 2 GFLOP, 1.1 TFLOP
SECONDS = 0.3  # that measuring takes, after a first product for caches and clocks


def measured_peak(device: str, precision: torch.dtype) -> float:
    """Operations a second of a square product, the best of a few: what this worker's threads or GPU can do."""
    size = MATRIX[torch.device(device).type]
    left, right = (torch.rand(size, size, device=device, dtype=precision) for _ in range(2))
    operations, best = 2 * size**3, 0.0
    with fast_products(device, precision, size):
        _product_seconds(left, right)
        began = time.perf_counter()
        while not best or time.perf_counter() - began < SECONDS:
            best = max(best, operations / _product_seconds(left, right))
    return best


def _product_seconds(left: torch.Tensor, right: torch.Tensor) -> float:
    started = time.perf_counter()
    left @ right
    if left.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - started
