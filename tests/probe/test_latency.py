"""Times of forward passes: what is timed, in which order, and how it is summed up."""

import itertools

import numpy as np
import pytest
import torch

from raykd.evaluate.classifier.encoder import load_encoder
from raykd.evaluate.classifier.ragged import Ragged
from raykd.probe import latency
from raykd.probe.latency import Timing, batch_lengths, measure, random_tokens, sizes, speed_up, torch_passes, waiting


def timing(wall, cpu=None, texts=4, lengths=(40, 60)) -> Timing:
    return Timing(texts, np.array(lengths), np.array(wall), np.array(wall if cpu is None else cpu))


def test_quartiles_are_of_one_text():
    found = timing([[0.1, 0.3], [0.3, 0.5], [0.6, 0.6], [0.8, 0.8], [5, 4]])
    assert found.milliseconds == pytest.approx((200, 300, 400))
    assert found.tokens_per_second == pytest.approx(100 / 1.2)


def test_a_batch_is_what_its_median_run_takes():
    # Medians of the batches over three runs: 10, 20, ..., 100 ms.
    wall = np.outer([1, 9, 0.5], np.arange(1, 11)) / 100
    assert timing(wall, lengths=[1] * 10).of_a_batch == pytest.approx((55, 95.5))


def test_ratios_are_of_the_same_run():
    slow = np.array([1.0, 1.0, 8.0, 1.0, 1.0])  # in one run everything takes longer
    own, other = timing(np.outer(slow, [0.1, 0.1])), timing(np.outer(slow, [0.2, 0.4]))
    assert speed_up(own, other) == pytest.approx((3, 3, 3))
    generator = np.random.default_rng(0)
    noisy = timing(np.outer(generator.lognormal(0, 0.2, 50), [0.1, 0.1]))
    estimate, low, high = speed_up(noisy, timing(np.full((50, 2), 0.2)))
    assert low < estimate < high and low < 2 < high and high - low < 0.6
    assert speed_up(timing([[1.0]] * 3, [[0.5]] * 3), timing([[1.0]] * 3, [[2.0]] * 3), "cpu")[0] == 4


def test_encoders_take_turns_batch_by_batch(monkeypatch):
    order = []
    passes = {name: [lambda name=name, batch=batch: order.append((name, batch)) for batch in (0, 1)] for name in "ab"}
    wall, cpu = itertools.count(), itertools.count(0, 0.5)
    monkeypatch.setattr(latency.time, "perf_counter", lambda: next(wall))
    monkeypatch.setattr(latency.time, "process_time", lambda: next(cpu))
    after = []
    lengths = {"a": [3, 4], "b": [5, 6]}
    found = measure(passes, lengths, 2, threads=1, warm_up=1, runs=2, after_round=lambda: after.append(len(order)))
    assert after == [4, 8, 12]
    first = [("a", 0), ("b", 0), ("b", 1), ("a", 1)]
    second = [("b", 0), ("a", 0), ("a", 1), ("b", 1)]
    assert order == first + second + first
    assert found["b"].lengths.tolist() == [5, 6] and found["a"].wall.tolist() == [[1, 1], [1, 1]]
    assert waiting(found) == 0.5


def test_every_text_is_encoded_in_batches(encoder_directory):
    encoder, seen = load_encoder(str(encoder_directory)), []
    threads = torch.get_num_threads()
    lengths = torch.tensor([3, 9, 5, 7])
    tokens = Ragged(torch.ones(24, dtype=torch.long), torch.nn.functional.pad(lengths.cumsum(0), (1, 0)))
    encoder.register_forward_pre_hook(
        lambda _, inputs: seen.append((inputs[0].lengths.tolist(), torch.get_num_threads()))
    )
    passes = {"one": torch_passes(encoder, tokens, 2, "cpu")}
    found = measure(passes, {"one": batch_lengths(tokens, 2)}, 4, threads=2, warm_up=1, runs=3)
    assert seen == [([9, 3], 2), ([7, 5], 2)] * 4  # in a batch the longest first, as the encoder takes them
    assert found["one"].wall.shape == (3, 2) and found["one"].lengths.tolist() == [12, 12]
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
