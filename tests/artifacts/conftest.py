"""Storage of each kind that is tested."""

import uuid
from collections.abc import Callable

import fsspec
import pytest

from raykd.artifacts import Storage


@pytest.fixture
def new_storage(request, tmp_path) -> Callable[[str], Storage]:
    """new_storage("local" | "memory" | "s3"): an empty one."""

    def new(kind: str) -> Storage:
        if kind == "local":
            return Storage(str(tmp_path / "root"))
        if kind == "s3":
            request.getfixturevalue("s3")
            # One that was made before the server's address was known.
            fsspec.get_filesystem_class("s3").clear_instance_cache()
        return Storage(f"{'s3://tests' if kind == 's3' else 'memory:/'}/{uuid.uuid4().hex}/root")

    return new
