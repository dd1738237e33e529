"""A browser for the tests that need one."""

import os
from contextlib import contextmanager

import pytest

from yolo_course import machine

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
OPTIONS += ["--disable-component-update", "--disable-sync"]


@contextmanager
def started_chromium():
    """Chromium without a screen. Where there is none the test is skipped, or fails if CI requires one."""
    path = machine.browser()
    if path is None:
        required = os.environ.get("YOLO_COURSE_BROWSER") == "required"
        (pytest.fail if required else pytest.skip)("no Chromium or Chrome: sudo apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=OPTIONS)
        yield browser
        browser.close()
