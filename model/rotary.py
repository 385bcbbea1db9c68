"""Rotary positions with a frame index per sample: context frames keep the gaps between them.

Stock Wan numbers frames 0, 1, 2 ...; here sparse context frames stand where they were filmed, the target in a range
of its own.
B batch, F frames, D channels of a head.
"""

import torch
from diffusers.models.transformers.transformer_wan import WanRotaryPosEmbed


class FrameIdRotaryPosEmbed(WanRotaryPosEmbed):
    """Wan's rotary table, read at given temporal indices."""

    def forward(
        self, hidden_states: torch.Tensor, frame_ids_BF: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Cosines and sines (B, F x rows x columns, 1, D); `frame_ids_BF` None is stock Wan.

        Frame ids lie in [0, rope_max_seq_len); others raise IndexError.
        """
        if frame_ids_BF is None:
            return super().forward(hidden_states)
        batch, _, frames, height, width = hidden_states.shape
        rows, columns = height // self.patch_size[1], width // self.patch_size[2]
        tables = []
        for table in (self.get_buffer("freqs_cos"), self.get_buffer("freqs_sin")):
            time_part, row_part, column_part = table.split([self.t_dim, self.h_dim, self.w_dim], dim=1)
            grid = (batch, frames, rows, columns, -1)
            parts = (
                time_part[frame_ids_BF][:, :, None, None].expand(grid),
                row_part[:rows].view(1, 1, rows, 1, -1).expand(grid),
                column_part[:columns].view(1, 1, 1, columns, -1).expand(grid),
            )
            tables.append(torch.cat(parts, dim=-1).reshape(batch, frames * rows * columns, 1, -1))
        return tables[0], tables[1]
