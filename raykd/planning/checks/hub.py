"""Models of the Hugging Face hub: whether they can be had here, asked once and quickly, before hours of work."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache
from huggingface_hub.errors import HfHubHTTPError, HFValidationError

from raykd.errors import InputError

SECONDS = 5.0  # that the hub has to answer; its library asks six times, over half a minute
BUSY = 429  # and what is above: the hub answers, and will be asked again when the model is loaded


def check_model(model: str, revision: str | None, where: str) -> None:
    """Raises InputError for a model of the hub that neither the hub nor, offline, this machine's cache has.

    where: the key that names it. A local directory is let through.
    """
    if not Path(model).is_dir() and (problem := hub_problem(model, revision)):
        raise InputError(f"{where}: {problem}")


@cache
def hub_problem(model: str, revision: str | None) -> str | None:
    """Why a model of the hub cannot be had, and what to do, in a line; None where it can."""
    if constants.HF_HUB_OFFLINE:
        if isinstance(try_to_load_from_cache(model, "config.json", revision=revision), str):
            return None
        return (
            f"{model} is not in {constants.HF_HUB_CACHE}, and HF_HUB_OFFLINE is set; fetch it where there is a network "
            f"(hf download {model}), or give a local directory"
        )
    try:
        get_hf_file_metadata(hf_hub_url(model, "config.json", revision=revision), timeout=SECONDS)
    except HFValidationError:
        return f"{model} is neither a directory nor a name of the hub (owner/name)"
    except HfHubHTTPError as error:
        if error.response.status_code >= BUSY:
            return None
        return (
            f"{constants.ENDPOINT} has no {model}{f' of revision {revision}' if revision else ''} with a config.json, "
            "or shows it to its owners alone; mend the name, set HF_TOKEN, or give a local directory"
        )
    except Exception as error:  # of whichever HTTP client the library has, and of the system
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return (
            f"{model} is to come from {constants.ENDPOINT}, which cannot be reached ({reason}); set HF_HUB_OFFLINE=1 "
            "to take it from this machine's cache, or give a local directory"
        )
    return None
