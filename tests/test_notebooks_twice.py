"""Notebooks 00 to 05, each twice in one kernel.

With the others the longest tests of all: two files for two processes, and `make test` begins with them
(see yolo_course/testing.py).
"""

import pytest

from tests.twice import NOTEBOOKS, check_twice


@pytest.mark.timeout(900)
@pytest.mark.parametrize("path", NOTEBOOKS[:6], ids=lambda path: path.stem)
def test_twice_in_one_kernel(path):
    check_twice(path)
