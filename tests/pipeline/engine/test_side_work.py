"""Work beside the data. Unseen: results in the order of luck, a lost process that hangs the run."""

import os

import pytest

from video4spatial.pipeline.core.errors import RunFailed
from video4spatial.pipeline.engine.side_work import map_here


def square(number: int, *, exponent: int = 2) -> int:
    return int(number**exponent)


def die(number: int) -> int:
    os._exit(number)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    assert list(map_here(square, [(k,) for k in range(7)], workers)) == [k * k for k in range(7)]


def test_a_process_that_dies_is_one_line() -> None:
    with pytest.raises(RunFailed, match="a process was killed"):
        list(map_here(die, [(3,), (4,)], 2))
