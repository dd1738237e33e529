"""What holds for every test: one thread, no screen, no network, no files outside pytest's own folder."""

import os
import socket

from yolo_course import machine

# Before torch or matplotlib is imported; kernels and worker processes inherit it.
for _variable in machine.THREADS:
    os.environ.setdefault(_variable, "1")
os.environ["MPLBACKEND"] = "Agg"

import hypothesis  # noqa: E402
import pytest  # noqa: E402

from tests.chromium import started_chromium  # noqa: E402

# The same examples on every machine and in every run; how long one takes says nothing on a busy laptop.
hypothesis.settings.register_profile("course", derandomize=True, deadline=None, database=None)
hypothesis.settings.load_profile("course")

THIS_COMPUTER = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "::"}


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """A test that reaches for another computer fails, with or without a network."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in THIS_COMPUTER:
            raise AssertionError(f"A test tried to reach {address[0]}: tests need no network.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """Rendered pictures are cached in pytest's folder, not in the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("YOLO_COURSE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def chromium():
    """A browser; see tests/chromium.py for what happens where there is none."""
    with started_chromium() as browser:
        yield browser
