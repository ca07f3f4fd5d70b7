"""Stored states: what the encoder gives, row by row, in scratch that is bounded and goes."""

import errno
import shutil
from collections import namedtuple

import pytest
import torch

from raykd.corpus.tokenizer import open_tokenizer
from raykd.errors import InputError
from raykd.evaluate.classifier import encoder as encoder_module
from raykd.evaluate.classifier.encoder import load_encoder, stored_states
from raykd.evaluate.classifier.ragged import tokenise


@pytest.fixture(params=["bert", "distilbert"])
def location(request, encoder_directories) -> str:
    return str(encoder_directories[request.param])


def test_states_are_those_of_each_text_by_itself(location, texts):
    tokens, encoder = tokenise(open_tokenizer(location), texts, 20), load_encoder(location)
    with torch.no_grad(), stored_states(load_encoder(location), tokens, 10**9) as states:
        assert states.values.shape == (len(tokens.values), 32)
        for row in range(len(texts)):
            alone = encoder(tokens.take(torch.tensor([row])))
            torch.testing.assert_close(states.take(torch.tensor([row])).values, alone, rtol=1e-4, atol=1e-5)


def test_bf16_states_are_close_and_half_as_large(location, texts):
    tokens = tokenise(open_tokenizer(location), texts, 20)
    with stored_states(load_encoder(location), tokens, 10**9) as exact:
        half = len(tokens.values) * 32 * 2
        with stored_states(load_encoder(location), tokens, half, dtype=torch.bfloat16) as rounded:
            assert rounded.values.dtype == torch.bfloat16
            torch.testing.assert_close(rounded.values.float(), exact.values, rtol=0.1, atol=0.1)


def test_states_leave_no_file(location, texts, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tokens = tokenise(open_tokenizer(location), texts, 20)
    with pytest.raises(KeyError), stored_states(load_encoder(location), tokens, 10**9):
        assert len(list(tmp_path.iterdir())) == 1
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_the_disk_is_taken_before_anything_is_computed(location, texts, tmp_path, monkeypatch):
    """Two trials that begin together must not both count on the same free bytes."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tokens, taken = tokenise(open_tokenizer(location), texts, 20), []

    def look(*arguments):
        (file,) = tmp_path.glob("*/states")
        taken.append(file.stat().st_blocks * 512)
        return iter(())

    monkeypatch.setattr(encoder_module, "encode", look)
    with stored_states(load_encoder(location), tokens, 10**9):
        assert taken[0] >= len(tokens.values) * 32 * 4


def test_states_over_the_budget_are_refused(location, texts):
    tokens = tokenise(open_tokenizer(location), texts, 20)
    message = r"40 texts, .* tokens x 32 wide x 4 bytes = .* GB, but 1e-06 GB resources.scratch allows"
    with pytest.raises(InputError, match=message), stored_states(load_encoder(location), tokens, 1000):
        pass


Disk = namedtuple("Disk", "total used free")


def test_what_the_disk_could_never_hold_is_bad_input(location, texts, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(1000, 0, 1000))
    tokens = tokenise(open_tokenizer(location), texts, 20)
    message = r"but 1e-06 GB the whole disk of /.* has; lower"
    with pytest.raises(InputError, match=message), stored_states(load_encoder(location), tokens, 10**9):
        pass


@pytest.mark.parametrize("at", ["first look", "reserving"])
def test_a_disk_that_others_have_filled_is_a_failure_to_be_tried_again(location, texts, monkeypatch, at):
    """Others may take the space between the look and the reservation, too."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Disk(10**9, 0, 1000 if at == "first look" else 10**9))

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(encoder_module.os, "posix_fallocate", full)
    tokens = tokenise(open_tokenizer(location), texts, 20)
    message = r"GB are free at /.*/raykd-.* now; .* raise resources\.grid\.cpus, so that fewer run .*resources\.scratch"
    with pytest.raises(RuntimeError, match=message) as told, stored_states(load_encoder(location), tokens, 10**9):
        pass
    assert told.value.__context__ is None  # jobs take a full disk for bad input, wherever it is in the chain
