"""Unseen, a network that is no longer Wan would load Wan's weights and talk nonsense."""

from pathlib import Path

import pytest
import torch
from diffusers import WanTransformer3DModel

from video4spatial.model.attention import write_out_attention
from video4spatial.model.config import ModelConfig
from video4spatial.model.transformer import V4SWan, build_transformer, from_wan

SHAPE = {
    "patch_size": (1, 2, 2),
    "num_attention_heads": 2,
    "attention_head_dim": 24,
    "in_channels": 8,
    "out_channels": 8,
    "text_dim": 16,
    "freq_dim": 32,
    "ffn_dim": 64,
    "num_layers": 2,
}
BATCH, FRAMES, SIDE = 2, 5, 4
GAPS = torch.tensor([[0, 7, 30, 512, 513], [3, 4, 50, 512, 513]])


def stock() -> WanTransformer3DModel:
    torch.manual_seed(0)
    return WanTransformer3DModel(**SHAPE).eval()


def inputs() -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(1)
    return {
        "hidden_states": torch.randn(BATCH, 8, FRAMES, SIDE, SIDE, generator=random),
        "timestep": torch.tensor([[0.0, 0.0, 0.0, 500.0, 500.0], [0.0, 0.0, 0.0, 300.0, 300.0]]),
        "encoder_hidden_states": torch.randn(BATCH, 3, 16, generator=random),
    }


def camera() -> torch.Tensor:
    return torch.randn(BATCH, 6, FRAMES, SIDE, SIDE, generator=torch.Generator().manual_seed(2))


@torch.no_grad()
def stock_output(model: WanTransformer3DModel) -> torch.Tensor:
    given = inputs()
    tokens_a_frame = (SIDE // 2) ** 2
    given["timestep"] = given["timestep"].repeat_interleave(tokens_a_frame, dim=1)
    return model(**given).sample


@torch.no_grad()
def output(model: V4SWan, **more: torch.Tensor) -> torch.Tensor:
    return model(**inputs(), **more).sample


@pytest.fixture
def ours() -> V4SWan:
    return from_wan(stock(), camera_channels=6).eval()


@pytest.mark.parametrize("frame_ids", [None, torch.arange(FRAMES).expand(BATCH, -1)])
def test_contiguous_frames_without_cameras_equal_stock_wan_bit_for_bit(
    ours: V4SWan, frame_ids: torch.Tensor | None
) -> None:
    difference = (output(ours, frame_ids=frame_ids) - stock_output(stock())).abs().max()
    assert difference == 0.0


def test_stock_weights_with_a_fresh_camera_embedding_do_not_feel_the_camera(ours: V4SWan) -> None:
    assert torch.equal(output(ours, camera=camera()), stock_output(stock()))
    assert not any(tensor.is_meta for tensor in [*ours.parameters(), *ours.buffers()])


def test_a_saved_network_comes_back_with_the_same_output(ours: V4SWan, tmp_path: Path) -> None:
    torch.nn.init.normal_(ours.camera_embedding.weight)
    ours.save_pretrained(tmp_path)
    loaded = V4SWan.from_pretrained(tmp_path).eval()
    assert torch.equal(output(loaded, frame_ids=GAPS, camera=camera()), output(ours, frame_ids=GAPS, camera=camera()))
    assert type(loaded.blocks[0]).__name__ == "FrameModulatedBlock"


def test_the_network_sees_the_gaps_between_context_frames(ours: V4SWan) -> None:
    assert not torch.allclose(output(ours, frame_ids=GAPS), output(ours), atol=1e-4)


def test_only_distances_between_frame_ids_matter(ours: V4SWan) -> None:
    assert torch.allclose(output(ours, frame_ids=GAPS), output(ours, frame_ids=GAPS + 100), atol=1e-4)


def test_a_frame_id_beyond_the_rotary_table_is_an_error(ours: V4SWan) -> None:
    with pytest.raises(IndexError):
        output(ours, frame_ids=GAPS + 600)


def test_a_sample_does_not_see_its_neighbours_in_the_batch(ours: V4SWan) -> None:
    together = output(ours, frame_ids=GAPS, camera=camera())
    given = inputs()
    with torch.no_grad():
        alone = [
            ours(
                **{name: value[i : i + 1] for name, value in given.items()},
                frame_ids=GAPS[i : i + 1],
                camera=camera()[i : i + 1],
            ).sample
            for i in range(BATCH)
        ]
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)


def test_written_out_attention_computes_what_the_fused_kernel_computes(ours: V4SWan) -> None:
    fused = output(ours, frame_ids=GAPS)
    write_out_attention(ours)
    assert torch.allclose(output(ours, frame_ids=GAPS), fused, atol=1e-5)


def test_the_same_seed_builds_the_same_network_and_leaves_the_global_generator_alone(
    model_config: ModelConfig,
) -> None:
    torch.manual_seed(3)
    first, second = build_transformer(model_config, 1), build_transformer(model_config, 1)
    drawn = torch.rand(1)
    torch.manual_seed(3)
    assert torch.equal(drawn, torch.rand(1))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    other = build_transformer(model_config, 2)
    assert not torch.equal(first.patch_embedding.weight, other.patch_embedding.weight)
