"""The overview map with many parcels in a real browser: size, first view, panning, heap, other days.

Run: ``.venv/bin/python benchmarks/browser.py [--parcels N] [--rounds R] [--json]``. It generates N parcels
(default 200,000) with a restriction for forty, computes and serves them with two workers, and opens
``/maps/overview`` in Chromium without a graphics card, at the sizes of a desk and of a phone, with an empty
cache each time. The limits are those of performance.md. Measured are: the page as it is sent; the time from
asking for it until all tiles of the first view are drawn; the time between two frames while the map glides
over land that was not yet loaded (median and 95th percentile); the heap of the page after collecting garbage,
at first and after all gliding; the time until another day of availability is drawn; and the requests to any
other host. Machines differ: the peer is a page into which Folium embeds 10,000 of the parcels, opened by the
same browser in the same run. It took 1.8 s where the limit of 2 s for the first view was set, so that a first
view may take 1.11 of its time.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import folium
import geopandas as gpd
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.availability import fill_database, generate_parcels, generate_restrictions
from benchmarks.read_peers import service
from geo_service.availability import service as computing
from geo_service.availability import stored
from geo_service.db import Database
from geo_service.embedded import EmbeddedCluster
from geo_service.geometry import STORAGE_SRID
from geo_service.migrate import migrate
from geo_service.ogc.pieces import renew
from geo_service.settings import Settings

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"]
SCREENS: Final = {"desk": (1440, 900), "phone": (390, 844)}
VIEWS: Final = {"whole city": "", "quarter": "#map=15/51.4200/7.3800"}
"""The view that the page opens with, and one in which single parcels can be told apart."""
PEER_PARCELS: Final = 10_000
LIMITS: Final = {
    "page kB": 60.0,
    "first view s": 2.0,
    "by peer": 2.0 / 1.8,
    "frame ms": 33.4,
    "other hosts": 0.0,
}
"""performance.md, maps in the browser; a frame of 33 ms is two of a screen with 60 Hz; by peer: the first
view as a share of the peer's time, both as they were where the limit was set."""
EMBEDDED = """
() => new Promise((done) => {
  const look = () => {
    if (document.querySelectorAll("path.leaflet-interactive").length < %d) { setTimeout(look, 5); return; }
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  };
  look();
})
"""
"""Milliseconds since the peer's page was asked for, at the first frame with all polygons."""
DRAWN = """
() => new Promise((done) => {
  const look = () => {
    const map = typeof GeoMap !== "undefined" && GeoMap.maps.get("map_overview");
    const ready = map && document.documentElement.dataset.mapReady;
    const layers = ready ? [...map.geo.layers.values()].filter(({layer}) => map.hasLayer(layer)) : [];
    const tiles = document.querySelectorAll("canvas.leaflet-tile");
    const waiting = layers.some(({layer}) => layer.isLoading && layer.isLoading());
    if (!ready || waiting || !tiles.length) { setTimeout(look, 5); return; }
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now())));
  };
  look();
})
"""
"""Milliseconds since the page was asked for, at the first frame with all tiles."""
GLIDE = """
([x, y]) => new Promise((done) => {
  const map = GeoMap.maps.get("map_overview"), times = [];
  let going = true;
  const tick = (now) => { times.push(now); if (going) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  map.once("moveend", () => {
    going = false;
    done(times.slice(1).map((each, place) => each - times[place]));
  });
  map.panBy([x, y], {duration: 1, easeLinearity: 1, animate: true});
})
"""
"""Milliseconds between the frames of one second in which the map moves."""
WAYS: Final = [(500, 0), (0, 400), (-500, 0), (0, -400), (400, 300), (-400, -300)]
OTHER_DAY = """
() => new Promise((done) => {
  const map = GeoMap.maps.get("map_overview"), first = map.geo.layers.get("horizon").layer;
  const exact = document.querySelector("[data-day-control] input[type=date]");
  exact.value = `${new Date().getFullYear() + 1}-07-01`;
  const start = performance.now();
  exact.dispatchEvent(new Event("change", {bubbles: true}));
  const look = () => {
    const {layer} = map.geo.layers.get("horizon");
    if (layer === first || layer.isLoading()) { setTimeout(look, 5); return; }
    requestAnimationFrame(() => done(performance.now() - start));
  };
  look();
})
"""


def embed(parcels: Sequence[Any], path: Path) -> None:
    """Write a page with parcels embedded by Folium, its files taken from this service's own."""
    folder = Path(__file__).resolve().parent.parent / "geo_service/web/static/vendor/leaflet/dist"
    keys = [f"05{number:018d}" for number in range(len(parcels))]
    shown = gpd.GeoDataFrame({"parcel_key": keys}, geometry=list(parcels), crs=STORAGE_SRID).to_crs(4326)
    west, south, east, north = shown.total_bounds
    made = folium.Map(tiles=None)
    made.default_js = [("leaflet", (folder / "leaflet.js").as_uri())]
    made.default_css = [("leaflet_css", (folder / "leaflet.css").as_uri())]
    folium.GeoJson(shown, tooltip=folium.GeoJsonTooltip(["parcel_key"])).add_to(made)
    made.fit_bounds([[south, west], [north, east]])
    made.save(path)


def fill(url: str, number: int, embedded: Path) -> None:
    """Fill an empty database, compute today's availability, and write the peer's page."""
    database = Database(Settings(database_url=url))
    migrate(database.engine)
    parcels = generate_parcels(number)
    embed(parcels[:PEER_PARCELS], embedded)
    fill_database(database, parcels, generate_restrictions(number // 40, parcels))
    options = computing.options_of(date.today())  # noqa: DTZ011 - the day of this machine
    stored.refresh(database, options, lambda *_: None, everything=True)
    renew(database)  # as a running server does within seconds
    database.engine.dispose()


def heap_mb(page: Page) -> float:
    """Return the megabytes that the page's objects take, garbage collected."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    return used / 1e6


def visit(browser: Browser, base: str, screen: tuple[int, int], view: str) -> dict[str, Any]:
    """Open the map once with an empty cache and take every measurement."""
    width, height = screen
    context = browser.new_context(viewport={"width": width, "height": height}, locale="de-DE")
    page = context.new_page()
    page.set_default_timeout(60_000)
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if not _own(request.url, base) else None)
    answer = page.goto(f"{base}/maps/overview{view}", wait_until="commit")
    if answer is None or answer.status != 200:
        raise SystemExit(f"the overview answers {answer and answer.status}")
    first_ms = page.evaluate(DRAWN)
    page_bytes = len(answer.body())
    page.wait_for_load_state("networkidle")
    before = heap_mb(page)
    frames = [each for way in WAYS for each in page.evaluate(GLIDE, list(way))]
    page.wait_for_load_state("networkidle")
    after = heap_mb(page)
    day_ms = page.evaluate(OTHER_DAY)
    context.close()
    return {
        "page kB": page_bytes / 1000,
        "first view s": first_ms / 1000,
        "frame ms": statistics.median(frames),
        "frame p95 ms": float(np.percentile(frames, 95)),
        "heap MB": before,
        "heap after MB": after,
        "other day s": day_ms / 1000,
        "other hosts": float(len(foreign)),
    }


def peer_s(browser: Browser, embedded: Path, number: int) -> float:
    """Return the seconds until the peer's page has drawn all its parcels."""
    width, height = SCREENS["desk"]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(120_000)
    page.goto(embedded.as_uri(), wait_until="commit")
    seconds = page.evaluate(EMBEDDED % number) / 1000
    page.close()
    return float(seconds)


def _own(url: str, base: str) -> bool:
    return url.startswith((base, "data:", "blob:"))


def measured(
    browser: Browser, base: str, rounds: int, embedded: tuple[Path, int]
) -> Iterator[dict[str, Any]]:
    """Yield the medians of each screen and view, the peer's time among them."""
    for screen, size in SCREENS.items():
        for view, address in VIEWS.items():
            rows = []
            for _ in range(rounds):
                peer = peer_s(browser, *embedded)
                row = visit(browser, base, size, address)
                rows.append({**row, "peer s": peer, "by peer": row["first view s"] / peer})
            medians = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
            yield {"screen": screen, "view": view, **medians}


def told(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the lines of the table: each figure, its limit, and their ratio."""
    for row in rows:
        yield f"{row['screen']}, {row['view']}"
        for name, value in row.items():
            if isinstance(value, str):
                continue
            limit = LIMITS.get(name)
            held = "" if limit is None else f"  limit {limit:.3g}: {'held' if value <= limit else 'MISSED'}"
            ratio = f" ({value / limit:.2f})" if limit else ""
            yield f"  {name:14} {value:8.2f}{held}{ratio}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--parcels", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="geo-browser-") as name:
        home = Path(name)
        home.chmod(0o711)
        cluster = EmbeddedCluster(home)
        try:
            url = cluster.start()
            embedded = home / "embedded.html"
            fill(url, asked.parcels, embedded)
            with service(url, home) as base, sync_playwright() as player:
                browser = player.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
                peer = embedded, min(PEER_PARCELS, asked.parcels)
                rows = list(measured(browser, base, asked.rounds, peer))
                browser.close()
        finally:
            cluster.delete()
    print(json.dumps({"parcels": asked.parcels, "rows": rows}) if asked.json else "\n".join(told(rows)))


if __name__ == "__main__":
    main()
