"""Work beside the data. Unseen: results in the order of luck, a lost process that hangs the run."""

import os

import pytest

from video4spatial.pipeline.core.errors import RunFailed
from video4spatial.pipeline.engine.side_work import hands


def power(number: int, exponent: int) -> int:
    return int(number**exponent)


def die(number: int) -> int:
    os._exit(number)


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    with hands(workers) as work_off:
        assert list(work_off(power, [(k, 2) for k in range(7)])) == [k * k for k in range(7)]
        assert list(work_off(power, [(2, 3)])) == [8]


def test_a_process_that_dies_is_one_line() -> None:
    with pytest.raises(RunFailed, match="a process was killed"), hands(2) as work_off:
        list(work_off(die, [(3,), (4,)]))
