"""Fixtures that several folders share."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

S3_KEY, S3_SECRET = "AKIAFAKEFAKEFAKEFAKE", "raykd-test-secret-that-nothing-may-show"


@pytest.fixture(scope="session")
def local_ray() -> Iterator[None]:
    """A Ray of its own with two logical CPUs, started once for the whole session."""
    os.environ["RAY_AUTH_MODE"] = "disabled"
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")  # as the jobs do
    import ray

    ray.init(
        address="local",
        num_cpus=2,
        object_store_memory=200_000_000,
        log_to_driver=False,
        include_dashboard=False,
    )
    yield
    ray.shutdown()


@pytest.fixture(scope="session")
def write_translator() -> Callable[..., Path]:
    """Writes a tiny sequence-to-sequence model with random weights and its tokenizer; it ends after a few words."""

    def write(directory: Path, seed: int = 0) -> Path:
        import torch
        from tokenizers import Tokenizer
        from tokenizers.models import WordLevel
        from tokenizers.pre_tokenizers import Whitespace
        from tokenizers.processors import TemplateProcessing
        from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

        words = ["<pad>", "</s>", "<unk>", "message", *(f"word{number}" for number in range(100))]
        tokenizer = Tokenizer(WordLevel({word: number for number, word in enumerate(words)}, "<unk>"))
        tokenizer.pre_tokenizer = Whitespace()
        tokenizer.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
        PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
        ).save_pretrained(directory)
        torch.manual_seed(seed)
        model = T5ForConditionalGeneration(
            T5Config(
                vocab_size=len(words),
                d_model=32,
                d_kv=16,
                d_ff=64,
                num_layers=1,
                num_heads=2,
                decoder_start_token_id=0,
                pad_token_id=0,
                eos_token_id=1,
                initializer_factor=5.0,
            )
        )
        model.generation_config.exponential_decay_length_penalty = (3, 1.5)
        model.save_pretrained(directory)
        return directory

    return write


@pytest.fixture(scope="session")
def start_s3_server() -> Iterator[Callable[..., dict[str, str]]]:
    """start_s3_server("--fail", 0.05, ...) -> the environment of a client; the server has a bucket "tests"."""
    servers = []

    def start(*arguments: object) -> dict[str, str]:
        import boto3

        script = str(Path(__file__).parent / "s3_server.py")
        command = [sys.executable, script, *map(str, arguments)]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        servers.append(server)
        assert server.stdout
        address = f"http://127.0.0.1:{int(server.stdout.readline())}"
        keys = {"aws_access_key_id": S3_KEY, "aws_secret_access_key": S3_SECRET, "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket="tests")
        return {"AWS_ENDPOINT_URL": address, "AWS_DEFAULT_REGION": "us-east-1"} | {
            name.upper(): value for name, value in keys.items() if name != "region_name"
        }

    yield start
    for server in servers:
        server.kill()
        server.wait()


@pytest.fixture(scope="session")
def s3(start_s3_server: Callable[..., dict[str, str]]) -> Iterator[dict[str, str]]:
    """A server without faults, which this process's own environment names too."""
    environment = start_s3_server()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield environment
