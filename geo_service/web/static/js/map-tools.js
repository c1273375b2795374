/* Tools of the overview: measure, ask a circle or an area, where am I, full screen, print. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_overview");
  const tools = document.querySelector("[data-draw-tools]");
  if (!map || !tools) return;
  const {texts, language, styles} = map.geo.settings;
  const EARTH_M = 6371008.8;
  const drawn = L.layerGroup().addTo(map);
  const clear = tools.querySelector("[data-draw=clear]");
  const number = (value, digits) => value.toLocaleString(language, {minimumFractionDigits: digits, maximumFractionDigits: digits});
  const metres = (value) => (value < 1000 ? `${number(value, 0)} m` : `${number(value / 1000, 2)} km`);
  const area = (value) => (value < 10000 ? `${number(value, 0)} m²` : `${number(value / 10000, 2)} ha`);

  /* Area of a ring on the sphere, m². */
  function ringArea(points) {
    const radians = (degrees) => degrees * Math.PI / 180;
    const doubled = points.reduce((sum, one, place) => {
      const next = points[(place + 1) % points.length];
      return sum + radians(next.lng - one.lng) * (2 + Math.sin(radians(one.lat)) + Math.sin(radians(next.lat)));
    }, 0);
    return Math.abs(doubled) * EARTH_M * EARTH_M / 2;
  }

  /* Length of a line, and from three points on the area that it would enclose. */
  function figures(points) {
    const length = points.slice(1).reduce((sum, point, place) => sum + map.distance(points[place], point), 0);
    const parts = [`${texts.measureLength} ${metres(length)}`];
    if (points.length > 2) parts.push(`${texts.measureArea} ${area(ringArea(points))}`);
    return parts.join(" · ");
  }

  function ask(text) {
    const shape = sketch.shown(text).addTo(drawn);
    map.geo.area = text;
    if (map.geo.dayLoads) { sketch.status.textContent = texts.dayLoads; return; }  // asked when the day is there
    const values = new URLSearchParams({within: text, lang: language, ...(map.geo.day ? {as_of: map.geo.day} : {})});
    map.fire("geo:ask", {url: `/maps/drawn?${values}`, latlng: shape.getBounds().getCenter(), tell: (words) => { sketch.status.textContent = words; }});
  }

  function wipe() {
    drawn.clearLayers();
    map.geo.area = null;
    clear.hidden = true;
    sketch.status.textContent = "";
  }

  const sketch = GeoMap.sketch(map, tools, (kind, corners, radius) => {
    wipe();
    clear.hidden = false;
    if (kind !== "line") { ask(sketch.written(corners, radius)); return; }
    L.polyline(corners, sketch.line).addTo(drawn);
    sketch.status.textContent = figures(corners);
  }, (kind, points) => (kind === "circle" || points.length < 2 ? "" : figures(points)));
  clear.addEventListener("click", () => { sketch.end(); wipe(); map.closePopup(); map.fire("geo:area"); });

  /* The area of the address is drawn, and asked unless a record is. */
  function restore({ask: asking}) {
    const {area} = map.geo;
    wipe();
    if (!area) return;
    clear.hidden = false;
    if (asking) { ask(area); return; }
    map.geo.area = area;
    sketch.shown(area).addTo(drawn);
  }
  map.on("geo:area-wanted", restore);
  /* A new drawing takes the place of the one before. */
  map.on("geo:draw", () => {
    const asked = map.geo.area;
    wipe();
    if (asked) map.fire("geo:area");
  });
  map.on("geo:day", () => { if (map.geo.area && !window.location.hash.includes("&focus=")) restore({ask: true}); });
  if (map.geo.area) restore({ask: !window.location.hash.includes("&focus=")});

  /* ---- where am I ---- */
  const here = L.layerGroup().addTo(map);
  tools.querySelector("[data-locate]").addEventListener("click", () => {
    sketch.status.textContent = texts.locating;
    map.locate({setView: true, maxZoom: 16, enableHighAccuracy: true, timeout: 15000});
  });
  map.on("locationfound", (event) => {
    here.clearLayers();
    const look = {color: styles.lines.selected.color, weight: 2, interactive: false};
    L.circle(event.latlng, {...look, radius: event.accuracy, fillOpacity: 0.08}).addTo(here);
    L.circleMarker(event.latlng, {...look, radius: 6, fillColor: "#fff", fillOpacity: 1}).addTo(here);
    sketch.status.textContent = `${texts.located} ± ${metres(event.accuracy)}`;
  });
  map.on("locationerror", (event) => { sketch.status.textContent = event.code === 1 ? texts.locateRefused : texts.locateFailed; });

  /* ---- full screen, print ---- */
  const frame = map.getContainer().closest(".map-frame");
  const full = tools.querySelector("[data-full-screen]");
  full.hidden = !document.fullscreenEnabled;
  full.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : frame.requestFullscreen()));
  document.addEventListener("fullscreenchange", () => {
    full.setAttribute("aria-pressed", String(document.fullscreenElement === frame));
    map.invalidateSize();
  });
  tools.querySelector("[data-print]").addEventListener("click", () => window.print());
})();
