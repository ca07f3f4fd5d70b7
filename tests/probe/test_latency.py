"""Times of forward passes: what is timed, how often, and how it is summed up."""

import pytest
import torch

from raykd.evaluate.encoder import load_encoder
from raykd.evaluate.ragged import Ragged
from raykd.probe import latency
from raykd.probe.latency import Timing, measure, random_tokens, sizes


def test_quartiles_are_of_one_text():
    timing = Timing(batch=1, texts=4, tokens=100, seconds=(0.4, 0.8, 1.2, 1.6, 9.0))
    assert timing.milliseconds == pytest.approx((200, 300, 400))
    assert timing.tokens_per_second == pytest.approx(100 / 1.2)


def test_every_run_encodes_every_text_in_batches(encoder_directory, monkeypatch):
    encoder, seen = load_encoder(str(encoder_directory)), []
    threads = torch.get_num_threads()
    clock = iter(range(100))
    monkeypatch.setattr(latency.time, "perf_counter", lambda: next(clock))

    def spy(tokens: Ragged) -> None:
        seen.append((tokens.lengths.tolist(), torch.get_num_threads()))

    lengths = torch.tensor([3, 9, 5, 7])
    tokens = Ragged(torch.ones(24, dtype=torch.long), torch.nn.functional.pad(lengths.cumsum(0), (1, 0)))
    encoder.register_forward_pre_hook(lambda _, inputs: spy(*inputs))
    found = measure(encoder, tokens, batch=2, threads=2, device="cpu", warm_up=1, runs=3)
    assert seen == [([9, 3], 2), ([7, 5], 2)] * 4  # in a batch the longest first, as the encoder takes them
    assert found == Timing(2, 4, 24, (1, 1, 1))
    assert torch.get_num_threads() == threads


def test_random_texts_have_their_length_and_no_padding():
    tokens = random_tokens(length=16, texts=50, vocabulary=20, padding=3)
    assert tokens.lengths.tolist() == [16] * 50
    assert set(tokens.values.tolist()) == set(range(20)) - {3}
    assert torch.equal(tokens.values, random_tokens(16, 50, 20, 3).values)


def test_sizes_are_those_of_the_shapes(encoder_directory):
    encoder = load_encoder(str(encoder_directory))
    vocabulary, width, inner = encoder.model.config.vocab_size, 16, 32
    layer = 4 * (width * width + width) + 2 * width * inner + inner + width + 4 * width
    expected = vocabulary * width + (32 + 2) * width + 2 * width + 2 * layer
    found = sizes(encoder)
    assert found == {"parameters": expected, "word_embeddings": vocabulary * width, "bytes": 4 * expected}
    assert sizes(encoder.to(torch.bfloat16))["bytes"] == 2 * expected
