"""Real films and broken files: each ends with its frames counted or refused by name. Truths: ORIGIN.md of the data."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from video4spatial.filters.choose import open_decoder
from video4spatial.filters.config import DecodeLimits, RealConfig
from video4spatial.filters.sources import video_sources
from video4spatial.filters.stage import CurateStage
from video4spatial.filters.video import VideoReader
from video4spatial.pipeline.core.errors import SourceError

FILMS = {
    "boofcv_forward_ditch.mp4": 48,
    "boofcv_indoor_walk.mjpeg": 104,
    "boofcv_orbit_stone_sign_portrait.mp4": 83,
    "boofcv_pan_parking_lot.mp4": 493,
    "boofcv_shake.mjpeg": 71,
    "boofcv_static_lowlight_fire.mp4": 1373,
    "boofcv_sweep_river.mp4": 793,
    "boofcv_tabletop_qr_720p.mp4": 859,
    "intel_static_bottles_29.83fps.mp4": 1189,
    "mdn_flower.mp4": 150,
    "nasa_13013_two_video_streams.mp4": 325,
    "tears_of_steel_battle_clip.webm": 1691,
}
ODD = {
    "androidx_8k24_hevc.mp4": 8,
    "androidx_edit_list_positive_shift.mp4": 270,
    "androidx_sample.mkv": 30,
    "androidx_sample_empty_track.mp4": 30,
    "androidx_sample_fragmented_uuid.mp4": "undecodable",
    "androidx_sample_mdat_too_long.mp4": 30,
    "androidx_sample_rotate_and_reflect.mp4": 30,
    "androidx_sample_with_invalid_nalu.mp4": 29,
    "decord_rot_0.mov": 3,
    "decord_rot_270.mov": 3,
    "decord_unordered_pts.mov": 4,
    "derived_anamorphic_sar4_3.mp4": 60,
    "derived_h264.mov": 60,
    "derived_mpeg4_bframes.avi": 90,
    "derived_random_bytes.mp4": "unopenable",
    "derived_text_named.mp4": "unopenable",
    "derived_truncated_flower_head60.mp4": 90,
    "derived_zero_bytes.mp4": "empty_file",
    "kvs_empty_mkv_with_tags.mkv": "unopenable",
    "mediapipe_frame_numbers.flv": 180,
    "moviepy_failing_audio.mp4": 280,
    "mp4parse_chunk_out_of_range.mp4": "unopenable",
    "mp4parse_minimal.mp4": 1,
    "mp4parse_test_case_1185230.mp4": "undecodable",
    "mp4parse_zero_empty_stsc.mp4": "undecodable",
    "torchcodec_h265_10bits.mp4": 30,
}
QUICK = ["boofcv_forward_ditch.mp4", "boofcv_indoor_walk.mjpeg", "nasa_13013_two_video_streams.mp4", "mdn_flower.mp4"]


def fate(reader: VideoReader, path: Path, decoder: str = "auto") -> int | str:
    """Frames decoded, or the reason why none was (`crashed` and the like for a child that was lost)."""
    try:
        reader.open(str(path), 64, decoder)  # type: ignore[arg-type]
        return [picture.index for picture in reader.pictures()][-1] + 1
    except SourceError as error:
        return error.reason


@pytest.mark.parametrize("name", QUICK)
def test_every_frame_of_a_film_is_decoded(shared_data: Path, reader: VideoReader, name: str) -> None:
    assert fate(reader, shared_data / "videos" / name) == FILMS[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FILMS))
def test_every_frame_of_every_film_is_decoded(shared_data: Path, reader: VideoReader, name: str) -> None:
    assert fate(reader, shared_data / "videos" / name) == FILMS[name]
    assert fate(reader, shared_data / "videos" / name, "pyav") == FILMS[name]


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if "8k24" in n else n for n in sorted(ODD)])
def test_odd_files_are_decoded_whole_or_refused_by_name(shared_data: Path, reader: VideoReader, name: str) -> None:
    assert fate(reader, shared_data / "videos_odd" / name) == ODD[name]


def test_the_page_about_videos_states_these_verdicts() -> None:
    page = (Path(__file__).parents[2] / "docs" / "videos.md").read_text()
    rows = [
        line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ") and "." in line.split("|")[1]
    ]
    told = {row[0].strip(): row[-1].strip() for row in rows if len(row) == 3}
    long = {"androidx_long_1080p_videoonly_lowbitrate.mp4": 10883}
    assert told == {name: str(fate) for name, fate in (ODD | long).items()}


SPANNED = [name for name, count in ODD.items() if isinstance(count, int) and count > 29]


@pytest.mark.parametrize(
    "name", [*SPANNED, *(pytest.param(name, marks=pytest.mark.slow) for name in sorted(FILMS) if name.endswith("mp4"))]
)
def test_spans_of_a_film_are_the_frames_of_its_whole(shared_data: Path, reader: VideoReader, name: str) -> None:
    path = shared_data / ("videos" if name in FILMS else "videos_odd") / name
    reader.open(str(path), 64, "pyav")
    whole = [(picture.time, picture.rgb.tobytes()) for picture in reader.pictures()]
    borders = [0, len(whole) // 3, 5 * len(whole) // 6, None]
    spans = []
    for start, stop in itertools.pairwise(borders):
        reader.open(str(path), 64, "pyav", start or 0, stop)
        spans += [(picture.time, picture.rgb.tobytes()) for picture in reader.pictures()]
    assert spans == whole


@pytest.mark.slow
def test_a_long_1080p_video_is_decoded_whole(shared_data: Path, reader: VideoReader) -> None:
    assert fate(reader, shared_data / "videos_odd" / "androidx_long_1080p_videoonly_lowbitrate.mp4") == 10883


@pytest.mark.parametrize("name", ["boofcv_forward_ditch.mp4", "mdn_flower.mp4"])
def test_decord_gives_the_pictures_and_times_that_pyav_gives(shared_data: Path, name: str) -> None:
    both = [open_decoder(shared_data / "videos" / name, 64, decoder) for decoder in ("decord", "pyav")]
    for one, other in zip(*(decoder.pictures(0) for decoder in both), strict=True):
        assert one.time == other.time
        assert np.abs(one.rgb.astype(int) - other.rgb).mean() < 3


def test_a_rotated_phone_clip_is_turned_as_decord_turns_it(shared_data: Path) -> None:
    decord = pytest.importorskip("decord")
    path = shared_data / "videos_odd" / "decord_rot_270.mov"
    ours = next(open_decoder(path, 320, "pyav").pictures(0)).rgb
    theirs = decord.VideoReader(str(path)).next().asnumpy()
    assert ours.shape == theirs.shape == (568, 320, 3)
    assert np.abs(ours.astype(int) - theirs).mean() < 3


def test_of_two_video_streams_the_first_is_taken_and_told(shared_data: Path, reader: VideoReader) -> None:
    facts = reader.open(str(shared_data / "videos" / "nasa_13013_two_video_streams.mp4"), 64)
    assert (facts.stream, facts.streams, facts.shown_px) == (0, 2, (320, 180))
    list(reader.pictures())
    assert reader.decoder == "pyav"


def test_a_folder_with_broken_files_is_curated_to_the_end(shared_data: Path, tmp_path: Path) -> None:
    names = [name for name in sorted(ODD) if "8k24" not in name]
    for name in names:
        (tmp_path / name).symlink_to(shared_data / "videos_odd" / name)
    stage = CurateStage(config=RealConfig(size_px=64))
    worker = stage.build()
    fates: dict[str, str] = {}
    for unit in stage.units(video_sources(str(tmp_path)), 0):
        try:
            products = list(worker(unit))
            fates[unit.source.uri] = products[0].verdict
            assert [p.index for p in products if not p.variant] == list(range(products[-1].index + 1))
            assert all(p.reason for p in products if p.verdict == "rejected")
        except SourceError as error:
            fates[unit.source.uri] = error.reason
    worker.close()
    assert sorted(fates) == names
    assert {name: fates[name] for name in names if isinstance(ODD[name], str)} == {
        name: reason for name, reason in ODD.items() if isinstance(reason, str)
    }
    assert fates["derived_anamorphic_sar4_3.mp4"] == fates["moviepy_failing_audio.mp4"] == "measured"


@pytest.mark.chaos
def test_mutated_files_cost_no_more_than_themselves(shared_data: Path, tmp_path: Path) -> None:
    names = ["androidx_sample.mkv", "derived_mpeg4_bframes.avi", "mp4parse_minimal.mp4", "torchcodec_h265_10bits.mp4"]
    random = np.random.default_rng(5)
    with VideoReader(DecodeLimits(stall_timeout_s=20)) as reader:
        for count in range(120):
            name = names[count % len(names)]
            data = bytearray((shared_data / "videos_odd" / name).read_bytes())
            for at in random.integers(0, len(data), int(random.integers(1, 40))):
                data[at] = int(random.integers(0, 256))
            path = tmp_path / f"{count}{Path(name).suffix}"
            path.write_bytes(data)
            # a table that claims gigabytes may hit the memory limit; nothing may hang or break the child
            assert fate(reader, path) not in ("timed_out", "crashed"), f"{name}, mutation {count}"
        assert fate(reader, shared_data / "videos_odd" / "derived_h264.mov") == 60
