"""Proves that an encoded stream holds the pictures it was made from, at their times, before anybody relies on it.

sample.py ─▶ encode ─▶ [proof]: decode all of it again ─▶ SourceError `clip_mismatch`

Encoders, muxers and their drivers have written wrong, missing and shifted frames and reported success. So each stream
is decoded as a whole and compared with what its encoder was given: the number of pictures, their times, how far each
lies from its source (not at all where the codec is lossless), and that none looks like another picture of the clip.
"""

import io
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from video4spatial.pipeline.core.errors import SourceError, StorageError
from video4spatial.pipeline.store.video import decode_ffv1_gray16, to_yuv420

_MORE_QP = 14
"""Steps by which x264 may quantise a block more coarsely than its rate factor says: 5.4 for macroblock-tree, and up to
8 where adaptive quantisation meets noise."""
_SMALL = 4
"""Pixels of a side that become one before pictures are told apart: noise and what a codec leaves out average away."""
_SHARE = 0.25
"""A picture that is so much nearer (squared) to another source picture than to its own is that other one."""
_LEAST_APART = 0.2
"""Root mean square error of averaged pixels, in quantiser steps, up to which a picture is always its own."""


def prove_h264(data: bytes, frames: NDArray[np.uint8], times: NDArray[np.int64], time_base: Fraction, crf: int) -> None:
    """Compares an mp4 by `video.encode_h264` with its arguments. Raises SourceError `clip_mismatch`."""
    shown = _read(data)
    if len(shown) != len(frames):
        raise _mismatch(f"{len(frames)} frames were encoded, the clip holds {len(shown)}")
    wanted = [int(ticks - times[0]) * time_base for ticks in times]
    late = [abs(time - want) for (time, _, _), want in zip(shown, wanted, strict=True)]
    worst = late.index(max(late))
    # the container counts in ticks of its own
    if late[worst] > max(tick for _, tick, _ in shown):
        raise _mismatch(f"frame {worst} is shown {float(late[worst]):.4f} s from its time")
    source = np.stack([np.asarray(to_yuv420(picture).to_ndarray(), dtype=np.uint8) for picture in frames])
    stored = np.stack([planes for _, _, planes in shown])
    _compare(source, stored, frames.shape[1], crf)


def prove_gray16(data: bytes, frames: NDArray[np.uint16]) -> None:
    """Compares a file by `video.encode_ffv1_gray16` with its frames, bit by bit. Raises SourceError `clip_mismatch`."""
    try:
        stored = decode_ffv1_gray16(data)
    except StorageError as error:
        raise _mismatch(str(error)) from None
    if stored.shape != frames.shape:
        raise _mismatch(f"an array of shape {frames.shape} was encoded, the clip holds {stored.shape}")
    wrong = np.flatnonzero((stored != frames).any(axis=(1, 2)))
    if len(wrong):
        raise _mismatch(f"{len(wrong)} lossless frames differ, the first is {wrong[0]}")


def largest_mse(crf: int) -> float:
    """Squared levels: the most by which x264 at this rate factor departs from a picture, on the mean of its pixels.

    An error evenly spread within one quantiser step either way, at the coarsest step; 0 for the lossless factor 0.
    """
    return quantiser_step(min(51, crf + _MORE_QP)) ** 2 / 3 if crf else 0.0


def quantiser_step(qp: float) -> float:
    """Levels between two values of a coefficient of H.264 (it doubles every 6)."""
    return float(0.625 * 2 ** (qp / 6))


def _compare(source: NDArray[np.uint8], stored: NDArray[np.uint8], height: int, crf: int) -> None:
    """(T, 1.5 H, W) planes of the pictures that went in and came out."""
    if source.shape != stored.shape:
        raise _mismatch(f"frames of {source.shape[2]}x{height} px were encoded, the clip has {stored.shape[1:]}")
    errors = [cv2.norm(one, other, cv2.NORM_L2SQR) / one.size for one, other in zip(source, stored, strict=True)]
    worst = int(np.argmax(errors))
    if errors[worst] > largest_mse(crf):
        raise _mismatch(
            f"frame {worst} lies {np.sqrt(errors[worst]):.1f} levels from its source; "
            f"crf {crf} explains {np.sqrt(largest_mse(crf)):.1f}"
        )
    small, seen = _shrink(source, height), _shrink(stored, height)
    own = ((small - seen) ** 2).mean(axis=1)
    for index in np.flatnonzero(own > (_LEAST_APART * quantiser_step(crf + 6)) ** 2):
        apart = ((small - seen[index]) ** 2).mean(axis=1)
        if apart.min() < _SHARE * own[index]:
            raise _mismatch(f"frame {index} of the clip is frame {apart.argmin()} of its source")


def _shrink(planes: NDArray[np.uint8], height: int) -> NDArray[np.float32]:
    """(T, n) luma at a quarter of its size."""
    small = max(1, planes.shape[2] // _SMALL), max(1, height // _SMALL)
    return np.stack(
        [cv2.resize(one[:height], small, interpolation=cv2.INTER_AREA).ravel().astype(np.float32) for one in planes]
    )


def _read(data: bytes) -> list[tuple[Fraction, Fraction, NDArray[np.uint8]]]:
    """Of each picture as a player meets it: its time, the tick that is counted in, its planes."""
    found: list[tuple[Fraction, Fraction, NDArray[np.uint8]]] = []
    try:
        with av.open(io.BytesIO(data), "r") as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            for frame in container.decode(stream):
                if frame.pts is None or frame.time_base is None:
                    raise _mismatch(f"frame {len(found)} of the clip has no time")
                planes = np.asarray(frame.to_ndarray(format="yuv420p"), dtype=np.uint8)
                found.append((frame.pts * frame.time_base, frame.time_base, planes))
    except (av.error.FFmpegError, IndexError) as error:
        raise _mismatch(f"after {len(found)} frames the clip does not decode ({error})") from None
    return found


def _mismatch(said: str) -> SourceError:
    return SourceError(f"{said}. The encoder is at fault: report it with the source", reason="clip_mismatch")
