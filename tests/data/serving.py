"""A small web server on this computer that can cut off, alter and redirect what it serves."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """What is served: ``files`` by path; ``cut`` ends an answer after so many bytes, once for each in the list."""

    def __init__(self, files, etag='"one"', cut=(), ranges=True, redirect=None, status=200):
        self.files, self.etag, self.cut, self.ranges = files, etag, list(cut), ranges
        self.redirect, self.status, self.asked = redirect, status, []


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        site = self.server.site
        wanted = self.headers.get("Range")
        site.asked.append((self.path, wanted))
        if site.redirect:
            self.send_response(302)
            self.send_header("Location", site.redirect)
            self.end_headers()
            return
        if site.status != 200 or self.path not in site.files:
            self.send_error(site.status if site.status != 200 else 404)
            return
        data = site.files[self.path]
        start = 0
        if wanted and site.ranges and self.headers.get("If-Range") == site.etag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        if site.etag:
            self.send_header("ETag", site.etag)
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        end = start + site.cut.pop(0) if site.cut else len(data)
        self.wfile.write(data[start:end])

    def log_message(self, *_):
        pass


@contextmanager
def served(site):
    """The site's address, while it is served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.site = site
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
