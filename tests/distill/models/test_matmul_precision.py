import pytest
import torch

from raykd.distill.models import mixed_precision as products
from raykd.distill.models.mixed_precision import SMALLEST_WIDTH, fast_products


def mode() -> str:
    return torch.backends.mkldnn.matmul.fp32_precision


def test_products_stay_float32_and_the_mode_is_put_back():
    left, right = torch.randn(300, 512), torch.randn(512, 400)
    exact, before = left.double() @ right.double(), mode()
    with fast_products("cpu", torch.float32, 512):
        found = left @ right
    assert mode() == before
    assert (found - exact).norm() < 1e-6 * exact.norm()
    with pytest.raises(ZeroDivisionError), fast_products("cpu", torch.float32, 512):
        raise ZeroDivisionError
    assert mode() == before


@pytest.mark.parametrize(
    ("exact", "dtype", "width", "changed"),
    [
        (True, torch.float32, SMALLEST_WIDTH, True),
        (False, torch.float32, SMALLEST_WIDTH, False),
        (True, torch.bfloat16, SMALLEST_WIDTH, False),
        (True, torch.float32, SMALLEST_WIDTH - 1, False),
    ],
)
def test_it_is_where_it_is_exact_and_pays(monkeypatch, exact, dtype, width, changed):
    monkeypatch.setattr(products, "_is_exact", lambda: exact)
    before = mode()
    with fast_products("cpu", dtype, width):
        assert (mode() != before) == changed


def test_a_cpu_that_rounds_is_found_out(monkeypatch):
    """Whatever oneDNN does in that mode, the product that is tried must have float32's error."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    randn = torch.randn
    monkeypatch.setattr(products.torch, "randn", lambda *size, **options: randn(*size, **options).bfloat16())
    assert not products._is_exact.__wrapped__()
