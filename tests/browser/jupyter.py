"""JupyterLab in a real browser: a server with its own folders, and a notebook that is run cell by cell."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

TOKEN = "browser-test"
FOLDERS = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
# No news, no "check for updates", no saving.
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"recordTiming": False},
    "docmanager-extension/plugin": {"autosave": False},
}
IS_READY = """() => {
  const panel = window.jupyterapp?.shell.currentWidget, session = panel?.sessionContext;
  const kernel = session?.session?.kernel;
  return Boolean(panel?.context?.isReady && session?.isReady && kernel?.connectionStatus === 'connected'
    && kernel.status === 'idle');
}"""
# The promises give nothing back: what the commands give cannot be sent to a test.
OPEN = "async (path) => { await window.jupyterapp.commands.execute('docmanager:open', {path}); }"
# Run all cells above one and that one; the promise is fulfilled when the kernel has done it.
RUN_TO = """async (index) => {
  const {commands, shell} = window.jupyterapp, content = shell.currentWidget.content;
  content.activeCellIndex = index;
  await commands.execute('notebook:run-all-above');
  content.activeCellIndex = index;
  await commands.execute('notebook:run-cell');
  content.widgets.forEach((cell, number) => cell.node.setAttribute('data-number', number));
}"""
# What went wrong in the cells up to one: errors, and whatever was written to stderr.
WRONG = """(last) => {
  const cells = window.jupyterapp.shell.currentWidget.content.widgets.slice(0, last + 1);
  return cells.flatMap((cell, number) => {
    const outputs = cell.model.type === 'code' ? cell.model.sharedModel.getOutputs() : [];
    const bad = outputs.filter((output) => output.output_type === 'error' || output.name === 'stderr');
    return bad.map((output) => `cell ${number + 1}: ${output.ename ?? 'stderr'} ${output.evalue ?? output.text}`);
  });
}"""
SHUT_DOWN = "async () => await window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"


@contextmanager
def server(folder: Path, log: Path):
    """JupyterLab on ``folder``, all of Jupyter's own files below ``log``'s folder; its address."""
    port = _any_port()
    folders = {f"JUPYTER_{name}": str(log.parent / name.lower()) for name in FOLDERS}
    folders |= {f"JUPYTERLAB_{name}_DIR": str(log.parent / name.lower()) for name in ("SETTINGS", "WORKSPACES")}
    for name, setting in SETTINGS.items():
        file = log.parent / "settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(setting), encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--allow-root"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"]
    command += ["--LabApp.expose_app_in_browser=True"]
    with log.open("w") as file:
        process = subprocess.Popen(command, env={**os.environ, **folders}, stdout=file, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api", process, log)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _any_port() -> int:
    """A port that the system hands out: two sessions of tests on one computer do not meet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(address: str, process: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, f"JupyterLab ended: {log.read_text(encoding='utf-8')}"
        try:
            with opener.open(address, timeout=5):
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not answer: {log.read_text(encoding='utf-8')}")


@contextmanager
def lab(browser, folder: Path, log: Path):
    """A page with JupyterLab on ``folder``, nothing open in it yet; the server writes to ``log``."""
    with server(folder, log) as address:
        page = browser.new_page(viewport={"width": 1100, "height": 800})
        page.goto(f"{address}/lab?token={TOKEN}&reset")
        page.wait_for_function("() => Boolean(window.jupyterapp?.shell)", timeout=90_000)
        page.evaluate("async () => { await window.jupyterapp.restored; }")
        page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
        try:
            yield page
        finally:
            page.close()


@contextmanager
def opened(page, name: str):
    """The notebook ``name`` open in the page, its kernel idle; the kernel ends with it."""
    page.evaluate(OPEN, name)
    page.wait_for_function(IS_READY, timeout=90_000)
    try:
        yield
    finally:
        page.evaluate(SHUT_DOWN)
        page.evaluate("() => { window.jupyterapp.shell.currentWidget.dispose(); }")
