"""Two losses of last hidden states, as sums over positions: cosine distance, and mean squared error over the width."""

from __future__ import annotations

import torch


def cosine_sum(student_hidden: torch.Tensor, teacher_hidden: torch.Tensor) -> torch.Tensor:
    """1 - cosine similarity, summed over positions; hidden states [positions, width]. In float32 or wider."""
    wide = torch.promote_types(student_hidden.dtype, torch.float32)
    return (1 - torch.cosine_similarity(student_hidden.to(wide), teacher_hidden.to(wide), dim=-1)).sum()


def hidden_mse_sum(student_hidden: torch.Tensor, teacher_hidden: torch.Tensor) -> torch.Tensor:
    """The squared difference, averaged over the width and summed over positions; [positions, width]. As above."""
    wide = torch.promote_types(student_hidden.dtype, torch.float32)
    return (student_hidden.to(wide) - teacher_hidden.to(wide)).square().mean(-1).sum()
