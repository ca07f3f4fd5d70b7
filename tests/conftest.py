"""Fixtures that several folders share."""

import os
from collections.abc import Iterator

import pytest


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
