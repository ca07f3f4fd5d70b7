"""A loaded encoder: from ragged token ids to hidden states."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from transformers import AutoModel, BertModel, DistilBertModel, PreTrainedModel

from raykd.distill.packed_encoder import encode_packed
from raykd.errors import InputError
from raykd.evaluate.ragged import Ragged

ENCODING_TOKENS = 4096  # of one forward pass without gradients; on a CPU larger batches gain nothing


class TextEncoder(nn.Module):
    """Last hidden states of texts. BERT and DistilBERT compute without padding (`distill.packed_encoder`); for any
    other kind of encoder texts are padded to the longest of their batch, which costs more and gives the same."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.model = model
        # The kinds themselves: what inherits from them may compute something else.
        self.packed = type(model) in (BertModel, DistilBertModel)

    @property
    def width(self) -> int:
        return int(self.model.config.hidden_size)

    @property
    def positions(self) -> int | None:
        """How many tokens a text may have; None where the kind of encoder has no positions of its own to run out of."""
        positions = getattr(self.model.config, "max_position_embeddings", None)
        table = getattr(getattr(self.model, "embeddings", None), "position_embeddings", None)
        # RoBERTa's kind counts from the place after the padding token's, so that many of its positions are never used.
        unused = getattr(table, "padding_idx", None)
        return positions if positions is None or unused is None else positions - unused - 1

    def forward(self, tokens: Ragged) -> Tensor:
        """Ids of texts, longest first -> hidden states [tokens, width], in the precision of the model."""
        lengths = tokens.lengths
        if self.packed:
            found, counts = lengths.unique_consecutive(return_counts=True)
            runs = tuple(zip(found.tolist(), counts.tolist(), strict=True))
            steps = torch.arange(len(tokens.values), device=tokens.values.device)
            positions = steps - tokens.offsets[:-1].repeat_interleave(lengths)
            return encode_packed(self.model, tokens.values, positions, runs)
        rows = tokens.values.split(lengths.tolist())
        padding = self.model.config.pad_token_id or 0
        inputs = pad_sequence(list(rows), batch_first=True, padding_value=padding)
        mask = torch.arange(inputs.shape[1], device=inputs.device) < lengths.unsqueeze(1)
        hidden: Tensor = self.model(input_ids=inputs, attention_mask=mask).last_hidden_state
        return hidden[mask]


def load_encoder(location: str, revision: str | None = None) -> TextEncoder:
    """The encoder in float32, without pooler or language-model head. Raises InputError where there is none."""
    try:
        model = AutoModel.from_pretrained(location, revision=revision, dtype=torch.float32, trust_remote_code=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{location}: no encoder can be loaded: {_first_line(error)}") from error
    if model.config.is_encoder_decoder:
        raise InputError(f"{location}: no encoder alone, but one with a decoder ({model.config.model_type})")
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # never used here; DistilBERT has none and takes no add_pooling_layer
    return TextEncoder(model.eval()).eval()


def check_positions(encoder: TextEncoder, tokens: Ragged) -> None:
    """Raises InputError where a text has more tokens than the encoder has positions."""
    positions, longest = encoder.positions, int(tokens.lengths.max())
    if positions is not None and longest > positions:
        raise InputError(
            f"evaluate.max_length: a text has {longest} tokens but the encoder {positions} positions; "
            f"lower it to {positions}"
        )


def trim_vocabulary(encoder: TextEncoder, tokens: Ragged) -> Ragged:
    """Leave the encoder, in place, only the word embeddings that these tokens use; returns the renumbered tokens.

    Fine-tuning computes the same: a row that never occurs has no gradient, and without weight decay AdamW leaves
    it alone. What goes is most of a multilingual encoder's parameters and the optimiser's work on them.
    """
    embeddings = encoder.model.get_input_embeddings()
    assert isinstance(embeddings, nn.Embedding)
    # Ids up to the padding token's stay as they are: RoBERTa-like models count positions by it.
    padding = torch.arange((encoder.model.config.pad_token_id or 0) + 1)
    used = torch.unique(torch.cat([padding, tokens.values]))
    encoder.model.set_input_embeddings(nn.Embedding.from_pretrained(embeddings.weight.detach()[used], freeze=False))
    return Ragged(torch.searchsorted(used, tokens.values), tokens.offsets)


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
