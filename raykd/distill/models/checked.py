"""Saved models loaded whole: every tensor comes from the file, or is one that a declared list says may be missing.

transformers initialises at random what a file lacks, and reports it in a log that nobody reads. Every model that raykd
trains, scores, applies or measures is therefore loaded here.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Any

import torch
from tokenizers.models import WordPiece
from transformers import AutoConfig, PreTrainedConfig, PreTrainedModel

from raykd.errors import InputError, in_one_line

POOLER = ("pooler.",)  # of BERT's kind: nothing here uses it, and encoders trained by masking alone lack it
NAMED = 3  # tensors that a message names
UNREACHABLE_SHARE = 0.01  # of a vocabulary, above which a warning says so
logger = logging.getLogger(__name__)


def load_whole(
    kind: Any,
    location: str,
    revision: str | None = None,
    may_lack: Collection[str] = POOLER,
    dtype: torch.dtype | str = torch.float32,
) -> tuple[PreTrainedModel, set[str]]:
    """(model, names of the tensors that were not saved), by an Auto class of transformers.

    may_lack: beginnings of the names that may be missing, without the prefix of the base model; they are random then.
    Raises InputError where nothing can be loaded, and where tensors of the model are missing, have another shape, or
    lie in the file without a place in the model; heads that the model has no use for may lie there.
    """
    config = load_config(location, revision)
    with in_one_line(f"{location}: no model can be loaded"):
        model, report = kind.from_pretrained(
            location,
            revision=revision,
            config=config,
            dtype=dtype,
            trust_remote_code=False,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are refused below, with their shapes
        )
    missing = set(report["missing_keys"])
    _check_shapes(location, report["mismatched_keys"])
    _check_names(location, model, missing, set(report["unexpected_keys"]), may_lack)
    return model, missing


def load_config(location: str, revision: str | None = None) -> PreTrainedConfig:
    """The config of a saved model, with the attention of this library whatever it names.

    A config may name an attention kernel of the hub, which would be fetched and run; none is taken from there. Raises
    InputError for one that cannot be read or does not say which kind of model it is of.
    """
    with in_one_line(f"{location}: no model can be loaded"):
        values, _ = PreTrainedConfig.get_config_dict(location, revision=revision)
        # Where there is none, the kind would be guessed from the directory's name.
        if not values.get("model_type"):
            raise InputError(
                f"{Path(location, 'config.json')}: it does not say which kind of model this is; add the line "
                f'"model_type": "{_likely_kind(values)}",'
            )
        config: PreTrainedConfig = AutoConfig.from_pretrained(location, revision=revision, trust_remote_code=False)
    config._attn_implementation = None
    for name in config.sub_configs:
        getattr(config, name)._attn_implementation = None
    return config


def check_vocabulary(tokenizer: Any, model: PreTrainedModel, location: str) -> None:
    """Raises InputError where the tokenizer has tokens without an embedding; warns of tokens that no text can have."""
    embeddings: Any = model.get_input_embeddings()
    tokens, rows = max(tokenizer.get_vocab().values()) + 1, int(embeddings.weight.shape[0])
    if tokens > rows:
        raise InputError(
            f"{location}: its tokenizer has {tokens:,} tokens, but the model has embeddings for {rows:,}; give it the "
            "tokenizer that it was trained with"
        )
    if (share := unreachable_share(tokenizer)) > UNREACHABLE_SHARE:
        logger.warning(
            f"{location}: {share:.0%} of the tokenizer's vocabulary can never occur, as it changes case or accents "
            'before it looks words up; for a cased vocabulary write "do_lower_case": false in tokenizer_config.json'
        )


def unreachable_share(tokenizer: Any) -> float:
    """The share of a WordPiece vocabulary that the tokenizer's own normaliser would have changed; 0 for other kinds."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or not isinstance(backend.model, WordPiece) or backend.normalizer is None:
        return 0.0
    inside = backend.model.continuing_subword_prefix
    words = [
        token.removeprefix(inside)
        for token in tokenizer.get_vocab()
        if token not in tokenizer.all_special_tokens and not (token.startswith("[") and token.endswith("]"))
    ]
    changed = sum(backend.normalizer.normalize_str(word).strip() != word for word in words)
    return changed / max(1, len(words))


def _check_shapes(location: str, mismatched: Collection[tuple[str, Any, Any]]) -> None:
    for name, saved, wanted in sorted(mismatched, key=lambda one: one[0]):
        raise InputError(
            f"{location}: the saved tensor {name} is {_shape(saved)}, but its config.json makes it {_shape(wanted)} "
            f"({len(mismatched)} in all have another shape); mend the config, or give the weights that belong to it"
        )


def _check_names(
    location: str, model: PreTrainedModel, missing: set[str], unexpected: set[str], may_lack: Collection[str]
) -> None:
    prefix = f"{model.base_model_prefix}."
    parts = {name for name, _ in model.base_model.named_children()}
    lacking = sorted(name for name in missing if not name.removeprefix(prefix).startswith(tuple(may_lack)))
    placeless = sorted(
        name
        for name in unexpected
        if (own := name.removeprefix(prefix)).split(".")[0] in parts and not own.startswith(POOLER)
    )
    if lacking:
        other = sorted(unexpected)
        wrapped = next(
            (one.split(".")[0] for one in other if one.split(".", 1)[-1].removeprefix(prefix) in missing), ""
        )
        cure = (
            f"their names begin with {wrapped + '.'!r} there: save the model inside the wrapper"
            if wrapped
            else "mend its config.json, or give the weights that belong to it"
        )
        raise InputError(
            f"{location}: {len(lacking)} of {len(model.state_dict())} tensors are not in its weights "
            f"({_first(lacking)}), so they would be random; {cure}"
        )
    if placeless:
        raise InputError(
            f"{location}: {len(placeless)} tensors of its weights have no place in the model of its config.json "
            f"({_first(placeless)}), so they would be left out; mend the config"
        )


def _first(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (", ..." if len(names) > NAMED else "")


def _shape(size: Any) -> str:
    return " x ".join(map(str, size))


def _likely_kind(values: dict[str, Any]) -> str:
    """The kind that the classes in a config stand for, else BERT's."""
    classes = " ".join(values.get("architectures") or ()).lower()
    kinds = ("distilbert", "xlm-roberta", "roberta", "electra", "albert")
    return next((kind for kind in kinds if classes.startswith(kind.replace("-", ""))), "bert")
