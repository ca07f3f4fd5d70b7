"""An export on the Hugging Face hub, or on what HF_ENDPOINT names in its place."""

from __future__ import annotations

import os
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalTokenNotFoundError

from raykd.artifacts.store import is_content
from raykd.errors import InputError


def push(directory: Path, card: str, repo: str) -> str:
    """Put every file of an export, and its card, into a repository, in one commit; returns the commit's address.

    A repository that is not there yet is created, and private. The token is HF_TOKEN's, or that of `hf auth login`.
    Raises InputError where the hub refuses.
    """
    api = HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
    files = sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())
    operations = [CommitOperationAdd(name, str(directory / name)) for name in files if is_content(name)]
    operations.append(CommitOperationAdd("README.md", card.encode()))
    try:
        if not api.repo_exists(repo):
            api.create_repo(repo, private=True)
        return str(api.create_commit(repo, operations, commit_message="Export by raykd").commit_url)
    except (HfHubHTTPError, HFValidationError, LocalTokenNotFoundError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(f"--push {repo}: {reason}; is HF_TOKEN set, and may it write there?") from error
