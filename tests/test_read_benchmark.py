"""The benchmark of reading measures a slow peer by one answer, and calls nothing unknown missed."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from benchmarks import read

SLOW_S = 0.3


class Answers(BaseHTTPRequestHandler):
    """Answers late, or with an error."""

    def do_GET(self) -> None:
        """Answer."""
        time.sleep(SLOW_S)
        self.send_response(500 if self.path == "/fault" else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def slow() -> Iterator[str]:
    """Address of a server that takes its time."""
    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_peer_that_finishes_none_is_measured_by_one_answer(
    slow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rate = read.waited("/tile", slow)
    assert rate is not None
    assert 0 < rate < 1 / SLOW_S
    assert read.waited("/fault", slow) is None
    monkeypatch.setattr(read, "PATIENCE_S", SLOW_S / 3)
    assert read.waited("/tile", slow) is None


@pytest.mark.parametrize(
    ("met", "told"),
    [
        ([], "-"), ([True], "met"), ([True, True], "met"), ([True, False], "MISSED"), ([None], "not known"),
        ([True, None], "not known"), ([None, False], "MISSED"),
    ],
)  # fmt: skip
def test_nothing_unknown_is_missed(met: list[bool | None], told: str) -> None:
    assert read.judged(met) == told
