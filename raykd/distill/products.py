"""float32 matrix products by oneDNN, where torch's own choice leaves half of the CPU unused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch

SMALLEST_WIDTH = 256  # oneDNN makes a kernel for each shape (2 ms), which the products of narrow models do not pay for


@contextmanager
def fast_products(device: str, dtype: torch.dtype, width: int) -> Iterator[None]:
    """float32 products inside are oneDNN's on a CPU with AVX-512 but no AMX, for matrices of at least SMALLEST_WIDTH.

    Torch multiplies float32 by MKL, which on AMD's CPUs uses no AVX-512: 95 GFLOP/s on a core on which oneDNN does 210.
    It asks oneDNN only in the mode that allows rounding to bf16 (`fp32_precision`). Without AMX oneDNN has no kernels
    that round, and computes in float32; `_is_exact` makes sure of it.
    """
    settings = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
    float32 = dtype == torch.float32 and torch.device(device).type == "cpu"
    if not float32 or width < SMALLEST_WIDTH or not _is_exact():
        yield
        return
    before = settings.fp32_precision
    settings.fp32_precision = "bf16"
    try:
        yield
    finally:
        settings.fp32_precision = before


@cache
def _is_exact() -> bool:
    """Whether this CPU has AVX-512 and no AMX, and a product in that mode has float32's error (bf16's is 2e-3)."""
    if torch.backends.cpu.get_cpu_capability() != "AVX512" or torch.cpu._is_amx_tile_supported():
        return False
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.randn(256, 256, generator=generator) for _ in range(2))
    settings = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
    before, settings.fp32_precision = settings.fp32_precision, "bf16"
    try:
        found = one @ other
    finally:
        settings.fp32_precision = before
    exact = one.double() @ other.double()
    return bool((found - exact).norm() < 1e-6 * exact.norm())
