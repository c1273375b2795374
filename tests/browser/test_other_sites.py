"""Pages of other sites in a real browser: they read and draw open data, nothing of who is signed in."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from geo_service.auth.models import Role
from tests.browser.conftest import Visit
from tests.browser.test_overview import PAINTED

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang="en"><title>Another site</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="SERVER/static/vendor/leaflet/dist/leaflet.css">
<script src="SERVER/static/vendor/leaflet/dist/leaflet.js"></script>
<script src="SERVER/static/vendor/protomaps-leaflet/dist/protomaps-leaflet.js"></script>
<div id="map" style="height: 400px"></div>
<script>
const map = L.map("map").setView([51.5053, 7.4739], 17);
protomapsL.leafletLayer({
  url: "SERVER/ogc/collections/parcels/tiles/WebMercatorQuad/{z}/{y}/{x}", labelRules: [], attribution: "",
  maxDataZoom: 15,
  paintRules: [{dataLayer: "parcels", symbolizer: new protomapsL.PolygonSymbolizer({fill: "#56B4E9"})}],
}).addTo(map);
</script></html>"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_site(server: str, tmp_path: Path) -> Iterator[str]:
    """Address of a page of another origin that draws the service's tiles."""
    (tmp_path / "index.html").write_text(PAGE.replace("SERVER", server))
    site = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=site.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{site.server_port}/index.html"
    site.shutdown()
    thread.join()
    site.server_close()


READ = """async ([address, credentials]) => {
  try {
    const answer = await fetch(address, {credentials});
    const names = ["etag", "content-crs"];
    return [answer.status, (await answer.text()).length, ...names.map((name) => answer.headers.get(name))];
  } catch (error) {
    return [error.name];
  }
}"""


def test_another_site_draws_the_tiles_and_reads_features(visit: Visit, other_site: str) -> None:
    visitor = visit()
    visitor.page.goto(other_site)
    visitor.page.wait_for_load_state("networkidle")
    visitor.page.wait_for_function(PAINTED, polling=1_000)
    items = f"{visitor.server}/ogc/collections/parcels/items?limit=1"
    for _ in range(2):  # the second time from the browser's cache, asked whether it still holds
        status, length, etag, crs = visitor.page.evaluate(READ, [items, "same-origin"])
        assert (status, length > 100, bool(etag)) == (200, True, True)
        assert crs == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"


def test_another_site_does_not_read_with_the_cookie_of_who_is_signed_in(
    visit: Visit, other_site: str
) -> None:
    visitor = visit()
    visitor.sign_in(Role.PLANNER)
    me = f"{visitor.server}/api/me"
    assert visitor.page.evaluate(READ, [me, "same-origin"])[0] == 200
    visitor.page.goto(other_site)
    assert visitor.page.evaluate(READ, [me, "include"]) == ["TypeError"]
    items = f"{visitor.server}/ogc/collections/parcels/items?limit=1"
    assert visitor.page.evaluate(READ, [items, "include"]) == ["TypeError"]
    assert visitor.page.evaluate(READ, [items, "omit"])[0] == 200
    refused = [fault for fault in visitor.faults if "CORS policy" in fault or "ERR_FAILED" in fault]
    assert len(refused) >= 2
    visitor.faults[:] = [fault for fault in visitor.faults if fault not in refused]
