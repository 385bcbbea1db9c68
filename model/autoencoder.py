"""The embedded image codec: principal components of pixel patches. Closed form, no weights to download.

frames_BTCHW ─▶ [PatchPCAAutoencoder.encode] ─▶ latent_BCTHW ─▶ transformer ─▶ [decode] ─▶ frames_BTCHW

The basis is orthonormal and all channels share one scale, so that an error in latents is the same error in pixels and
the natural coarse-to-fine spectrum stays. It looks at one frame at a time (temporal compression 1).
B batch, T time, C channels, H W rows and columns.
"""

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config


class PatchPCAAutoencoder(ModelMixin, ConfigMixin):
    """Projects each `patch_px` x `patch_px` x 3 patch of pixels in [-1, 1] on `latent_channels` directions."""

    @register_to_config
    def __init__(self, patch_px: int = 8, latent_channels: int = 16) -> None:
        super().__init__()
        self.patch_px, self.latent_channels = patch_px, latent_channels
        size = 3 * patch_px**2
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("basis", torch.eye(size)[:, :latent_channels].contiguous())
        self.register_buffer("scale", torch.ones(()))

    @property
    def spatial_compression(self) -> int:
        return self.patch_px

    @property
    def temporal_compression(self) -> int:
        return 1

    def fit(self, frames_NCHW: torch.Tensor) -> "PatchPCAAutoencoder":
        """Sets the basis from frames in [-1, 1] (N, 3, H, W): eigenvectors of the patches' covariance, in float64."""
        patches = self._patches(frames_NCHW).flatten(0, 1).double()
        mean = patches.mean(0)
        centred = patches - mean
        covariance = centred.T @ centred / len(centred)
        basis = torch.linalg.eigh(covariance).eigenvectors.flip(1)[:, : self.latent_channels]
        # eigenvectors have no sign of their own: fix it, so that the same frames give the same codec
        basis = basis * torch.sign(basis.gather(0, basis.abs().argmax(0, keepdim=True)))
        scale = (centred @ basis).square().mean().sqrt().clamp(min=1e-6)
        self.mean.copy_(mean)
        self.basis.copy_(basis)
        self.scale.copy_(scale)
        return self

    def encode(self, frames_BTCHW: torch.Tensor) -> torch.Tensor:
        """Latents (B, C, T, H / patch, W / patch) of frames in [-1, 1] (B, T, 3, H, W)."""
        batch, time, _, height, width = frames_BTCHW.shape
        patch = self.patch_px
        latent = (self._patches(frames_BTCHW.flatten(0, 1)) - self.mean) @ self.basis / self.scale
        return latent.view(batch, time, height // patch, width // patch, -1).permute(0, 4, 1, 2, 3)

    def decode(self, latent_BCTHW: torch.Tensor) -> torch.Tensor:
        """Frames in [-1, 1] (B, T, 3, H, W), clipped, of latents (B, C, T, h, w)."""
        batch, _, time, rows, columns = latent_BCTHW.shape
        patch = self.patch_px
        latent = latent_BCTHW.permute(0, 2, 3, 4, 1).reshape(batch * time, rows * columns, -1)
        patches = latent.float() * self.scale @ self.basis.T + self.mean
        frames = F.fold(patches.transpose(1, 2), (rows * patch, columns * patch), patch, stride=patch)
        return frames.view(batch, time, 3, rows * patch, columns * patch).clamp(-1, 1)

    def _patches(self, frames_NCHW: torch.Tensor) -> torch.Tensor:
        """(N, patches, 3 patch^2), row by row."""
        patch = self.patch_px
        return F.unfold(frames_NCHW.to(self.mean.dtype), patch, stride=patch).transpose(1, 2)


def frames_to_unit(frames_BTHWC: torch.Tensor) -> torch.Tensor:
    """uint8 (..., T, H, W, 3) to float (..., T, 3, H, W) in [-1, 1]."""
    return frames_BTHWC.movedim(-1, -3).float() / 127.5 - 1.0


def unit_to_frames(frames_BTCHW: torch.Tensor) -> torch.Tensor:
    """float (..., T, 3, H, W) in [-1, 1] to uint8 (..., T, H, W, 3), rounded."""
    return ((frames_BTCHW.clamp(-1, 1) + 1.0) * 127.5).round().to(torch.uint8).movedim(-3, -1)
