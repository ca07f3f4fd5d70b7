"""The classifier's head: structured self-attention over hidden states (Lin et al. 2017, arXiv 1703.03130)."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class StructuredSelfAttention(nn.Module):
    """A = softmax(W2 tanh(W1 H^T)) over the real positions, M = A H, logits = linear(M).

    width: of the hidden states H; hidden: d_a, the rows of W1; hops: r, the rows of A; labels: logits per text.
    W1 and W2 have no bias, as in the paper (equations 5 and 6). About 600,000 parameters at 768, 768, 1 and 10.
    """

    def __init__(self, width: int, hidden: int, hops: int, labels: int) -> None:
        super().__init__()
        self.first = nn.Linear(width, hidden, bias=False)
        self.second = nn.Linear(hidden, hops, bias=False)
        self.output = nn.Linear(hops * width, labels)

    def forward(self, hidden_states: Tensor, attention_mask: Tensor) -> Tensor:
        """hidden_states [batch, length, width], attention_mask bool [batch, length] -> logits [batch, labels]."""
        scores = self.second(torch.tanh(self.first(hidden_states))).transpose(1, 2)  # [batch, hops, length]
        attention = scores.masked_fill(~attention_mask.unsqueeze(1), -torch.inf).softmax(dim=-1)
        return self.output((attention @ hidden_states).flatten(1))
