import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import BertConfig, BertModel

from raykd.config import Head
from raykd.distill.models.shape import Shape
from raykd.evaluate.cell_flops import Texts, cell_cost, head_flops, head_parameters
from raykd.evaluate.classifier.head import Truth
from raykd.evaluate.classifier.ragged import Ragged
from raykd.evaluate.classifier.train import Examples, Recipe, make_head, train_frozen

ROWS = {"train": 64, "validation": 16, "test": 16}


@pytest.mark.parametrize("head", [Head(), Head(hidden=16, hops=4), Head(pooling="mean")])
def test_a_heads_size_and_operations_are_those_counted(make_cell, head):
    cell = make_cell(head=head)
    made = make_head(head, 32, len(cell.labels))
    assert head_parameters(cell, 32) == sum(weight.numel() for weight in made.parameters())
    with FlopCounterMode(display=False) as counter:
        made(Ragged(torch.randn(320, 32), torch.arange(0, 321, 20)))  # a batch of 16 texts
    once = 2 * made.output.weight.numel() * 16  # a text, not a token
    assert counter.get_total_flops() - once == 320 * head_flops(cell, 32)


def test_a_frozen_cells_operations_are_those_counted(make_cell):
    """Encoding each text once, and training and applying heads, as torch counts products."""
    cell = make_cell(seeds=3)
    shape, length = Shape(2, 32, 64, 300), 20
    texts = Texts(ROWS, length)
    states = Ragged(torch.randn(96 * length, 32), torch.arange(0, 96 * length + 1, length))
    truth = Truth(torch.ones(96, 3, dtype=torch.bool), torch.ones(96, 3, dtype=torch.bool))
    train, validation, test = (
        Examples(states.part(start, stop), truth.part(start, stop)) for start, stop in ((0, 64), (64, 80), (80, 96))
    )
    with FlopCounterMode(display=False) as counter:
        train_frozen(train, validation, test.inputs, Recipe(cell.kind, cell.head, cell.training), 0)
    heads = counter.get_total_flops()
    model = BertModel(
        BertConfig(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, vocab_size=300),
        add_pooling_layer=False,
    )
    model.set_attn_implementation("eager")
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=torch.ones(96, length, dtype=torch.long))
    assert cell_cost(cell, shape, texts).flops == pytest.approx(counter.get_total_flops() + 3 * heads, rel=0.05)


def test_fine_tuning_costs_an_encoder_a_seed(make_cell):
    shape, texts = Shape(12, 768, 3072, 119547), Texts(ROWS, 100)
    frozen, tuned = (cell_cost(make_cell(weights, seeds=10), shape, texts) for weights in ("frozen", "fine-tuned"))
    # Two epochs, forward and backward, and held-out texts: 64 x 2 x 3 + 32 texts a seed against 96 for all.
    assert tuned.flops / frozen.flops == pytest.approx(10 * (64 * 2 * 3 + 32) / 96, rel=0.05)
    assert frozen.scratch == 96 * 100 * 768 * 2 and tuned.scratch == 0
    assert cell_cost(make_cell(seeds=10), shape, texts, seeds=1).kept == pytest.approx(frozen.kept / 10)
