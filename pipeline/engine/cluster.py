"""Connects to Ray, local or a cluster, and ships this code to the workers."""

import logging
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import video4spatial
from video4spatial.pipeline.core.errors import ConfigError

CODE = Path(video4spatial.__file__).parent
"""Links in a checkout, real folders in an install; Ray's zip follows links."""

LOCAL_OBJECT_STORE_BYTES = 256 * 2**20
"""Rows are small (units and outcomes): frames never travel."""


CONNECT_TIMEOUT_S = 10.0
"""How long a cluster's head may take to accept a connection."""


@contextmanager
def ray_session(address: str | None, workers: int) -> Iterator[Mapping[str, float]]:
    """Ray for the length of the block; yields the resources of the cluster.

    `address` None starts a local Ray with one CPU share more than `workers`, because Ray Data's own executor needs one
    beside the actors; otherwise the cluster at `address` is joined and this code is sent to its nodes.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray

    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "include_dashboard": False}
    # the C++ core prints advice on every actor pool; what really breaks is raised in Python
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    if address is None:
        options |= {
            "address": "local",
            "num_cpus": workers + 1,
            "object_store_memory": LOCAL_OBJECT_STORE_BYTES,
        }
    else:
        _check_reachable(address)
        options = {"address": address, "log_to_driver": False, "runtime_env": {"py_modules": [str(CODE)]}}
    try:
        with _core_is_silent():
            ray.init(**options)
    except ConnectionError as error:
        raise ConfigError(
            f"no Ray cluster answers at {address!r} ({error}); check the address, or leave --address out to run here"
        ) from None
    try:
        yield ray.cluster_resources()
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Asks the door itself: Ray would knock at a dead address for many minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECT_TIMEOUT_S).close()
    except OSError as error:
        raise ConfigError(
            f"nothing answers at {address} ({error}); check --address, or leave it out to run on this machine"
        ) from None


@contextmanager
def _core_is_silent() -> Iterator[None]:
    """While Ray starts, its C++ core writes its log settings straight to the terminal; failures come as exceptions."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
