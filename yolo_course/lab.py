"""Open the course in JupyterLab: find a port, know whether there is a screen, start the server.

The server listens on this computer only (127.0.0.1) and asks for a token made anew at each start.
"""

import os
import secrets
import socket
import sys
from pathlib import Path

FIRST_NOTEBOOK = "notebooks/00_start_here.ipynb"
HOST = "127.0.0.1"
DEFAULT_PORT = 8888
PORTS_TRIED = 50


class LabError(ValueError):
    """JupyterLab cannot be started as asked; the message says what to do."""


def start_lab(root: Path, port: int | None = None, browser: bool = True, say=print) -> None:
    """Run JupyterLab in this process, on `root`, until it is stopped.

    `port=None` takes 8888 or, where that is taken, the next free one. `say` gets the lines for the reader.
    Raises LabError for a folder without the first notebook, a port that is taken or no port at all.
    """
    if not (root / FIRST_NOTEBOOK).is_file():
        raise LabError(f"{root} has no {FIRST_NOTEBOOK}: run this in a clone of the course's repository.")
    port = free_port() if port is None else checked_port(port)
    token = secrets.token_hex(16)
    say(f"The course opens at {address(port, token)}")
    say("Stop it with Ctrl-C (twice).")
    sys.stdout.flush()  # a pipe or a log file shall show the address now, not at the end

    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(server_arguments(root, port, token, browser and has_screen()))


def address(port: int, token: str) -> str:
    """The first notebook's address."""
    return f"http://{HOST}:{port}/lab/tree/{FIRST_NOTEBOOK}?token={token}"


def server_arguments(root: Path, port: int, token: str, browser: bool) -> list[str]:
    """JupyterLab's command line. Nothing in it needs a screen, a user account or the network."""
    arguments = [
        f"--ip={HOST}",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{FIRST_NOTEBOOK}",
        "--LabApp.news_url=None",  # no question about news, no call home
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--Application.log_level=ERROR",
    ]
    if not browser:
        arguments.append("--no-browser")
    if is_root():
        arguments.append("--allow-root")
    return arguments


def free_port(first: int = DEFAULT_PORT) -> int:
    """The first port from `first` on that nobody listens at."""
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        if is_free(port):
            return port
    raise LabError(f"Ports {first} to {first + PORTS_TRIED - 1} are all taken: name a free one with --port.")


def checked_port(port: int) -> int:
    """`port` itself, if a server may listen there; else LabError with a port that would do."""
    if not 1 <= port <= 65535:
        raise LabError(f"Port {port} does not exist: choose one from 1024 to 65535.")
    if not is_free(port):
        raise LabError(
            f"Port {port} is taken or not allowed: stop the other server, or choose another port; "
            f"{free_port()} is free."
        )
    return port


def is_free(port: int) -> bool:
    """Whether a server could listen at `port` of this computer now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # as the server itself does: a port just left counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def is_root() -> bool:
    """Whether this is the Unix administrator: Jupyter wants to be told, and browsers refuse to start."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def has_screen() -> bool:
    """Whether a browser could show something here: not for root, and on Linux only with a display."""
    if is_root():
        return False
    if sys.platform.startswith("linux"):
        return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    return True
