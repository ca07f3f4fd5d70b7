import pytest
import torch

from raykd.distill.models.dropout import Dropout, dropout, replace_dropout
from raykd.distill.models.student import build_student


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_zeros_at_the_rate_and_the_mean_stays(dtype, rate):
    torch.manual_seed(0)
    values = torch.ones(401, 507, dtype=dtype)
    dropped = dropout(values, rate)
    assert dropped.dtype == dtype and dropped.shape == values.shape
    zeros = (dropped == 0).float()
    assert zeros.mean().item() == pytest.approx(rate, abs=4 * (rate * (1 - rate) / values.numel()) ** 0.5)
    assert (dropped[dropped != 0] == torch.tensor(1 / (1 - rate), dtype=dtype)).all()
    # Neighbours come from one word: they must not go together.
    together = (zeros.flatten()[:-1] * zeros.flatten()[1:]).mean().item()
    assert together == pytest.approx(rate**2, abs=0.004)
    lanes = [zeros.flatten()[lane::4].mean().item() for lane in range(4)]
    assert lanes == pytest.approx([rate] * 4, abs=0.01)


def test_the_gradient_goes_where_the_values_went():
    torch.manual_seed(0)
    values = torch.randn(50, 7, requires_grad=True)
    dropped = dropout(values, 0.3)
    (gradient,) = torch.autograd.grad(dropped.sum(), values)
    torch.testing.assert_close(gradient * values, dropped)


def test_a_seed_fixes_the_draws():
    torch.manual_seed(3)
    first, second = dropout(torch.ones(99), 0.5), dropout(torch.ones(99), 0.5)
    torch.manual_seed(3)
    assert first.equal(dropout(torch.ones(99), 0.5)) and not first.equal(second)


def test_nothing_is_drawn_at_rate_0():
    values, state = torch.ones(9), torch.get_rng_state()
    assert dropout(values, 0.0) is values
    assert torch.get_rng_state().equal(state)


def test_every_dropout_of_a_model_is_replaced(make_teacher, distill_spec):
    for model in (make_teacher(dropout=0.2), build_student(make_teacher(), distill_spec(dropout=0.3))):
        before = [module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)]
        replace_dropout(model)
        after = [module for module in model.modules() if isinstance(module, torch.nn.Dropout)]
        assert [module.p for module in after] == before and all(type(module) is Dropout for module in after)
        model.eval()
        assert after[0](torch.ones(1000)).eq(1).all()
        model.train()
        assert after[0](torch.ones(1000)).eq(0).any()
