"""Starts Warp once per process, without its word about the CUDA driver that is not needed here.

EmbeddedRenderer(...) ─▶ [start_warp] ─▶ wp.init()
"""

import functools
import os
import sys

import warp as wp


@functools.cache
def start_warp() -> None:
    """Idempotent. Forward kernels only; the cache of compiled kernels stays where `WARP_CACHE_PATH` says."""
    wp.config.enable_backward = False
    wp.config.log_level = wp.LOG_ERROR
    # Without an NVIDIA driver, wp.init() writes a warning to descriptor 2 itself, past Python and log_level.
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        wp.init()
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
