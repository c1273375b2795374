/* Draw a circle, an area or a line on a map, with the mouse, a finger or the keyboard.
   GeoMap.sketch(map, tools, ended) takes the element that holds the buttons (data-draw=point, circle, polygon, line, finish) and the
   words; ended(kind, corners, radius) is called with what was drawn; figures(kind, points) writes what is told of it on the way. */
GeoMap.sketch = (map, tools, ended, figures) => {
  "use strict";
  const CLOSE_PX = 14, FEWEST = {point: 1, circle: 2, polygon: 3, line: 2}, MOST = 200;
  const {texts, styles, language} = map.geo.settings;
  const line = {color: styles.planned, weight: 3, fillOpacity: 0.05, interactive: false};
  const layer = L.layerGroup().addTo(map);
  const buttons = new Map([...tools.querySelectorAll("[data-draw]")].map((button) => [button.dataset.draw, button]));
  const status = tools.querySelector("[role=status]");
  const box = map.getContainer().parentElement;
  const words = {point: texts.drawPoint, circle: texts.drawMiddle, polygon: texts.drawCorner, line: texts.drawLine};
  const running = L.tooltip({permanent: true, direction: "auto", offset: [12, 0], className: "map-running", interactive: false});
  let kind = null, corners = [];

  function begin(wanted) {
    end();
    map.closePopup();
    map.fire("geo:draw");
    kind = map.geo.drawing = wanted;
    box.classList.add("is-drawing");
    map.doubleClickZoom.disable();
    buttons.get(kind).setAttribute("aria-pressed", "true");
    status.textContent = words[kind];
    map.getContainer().focus({preventScroll: true});
  }

  function end() {
    kind = null;
    corners = [];
    layer.clearLayers();
    box.classList.remove("is-drawing");
    buttons.forEach((button) => { if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", "false"); });
    buttons.get("finish").hidden = true;
    status.textContent = "";
    setTimeout(() => {  // the click that ends it asks nothing else, nor does a second one zoom
      if (kind) return;
      map.geo.drawing = null;
      map.doubleClickZoom.enable();
    });
  }

  function finish(radius = 0) {
    const drawn = [kind, corners, radius];
    end();
    ended(...drawn);
  }

  const near = (one, other) => map.latLngToContainerPoint(one).distanceTo(map.latLngToContainerPoint(other)) < CLOSE_PX;
  const enough = () => corners.length >= FEWEST[kind];

  function add(point) {
    if (kind === "circle" && corners.length === 1) {
      const radius = Math.round(map.distance(corners[0], point));
      if (radius >= 1) finish(Math.min(radius, 50000));
      else status.textContent = texts.drawElsewhere;
      return;
    }
    const last = corners[corners.length - 1];
    const closes = () => near(point, last) || (kind === "polygon" && near(point, corners[0]));
    if (enough() && (closes() || corners.length >= MOST)) { finish(); return; }
    if (last && near(point, last)) return;
    corners.push(point);
    if (kind === "point") { finish(); return; }
    status.textContent = kind === "circle" ? texts.drawElsewhere : words[kind];
    buttons.get("finish").hidden = kind === "circle" || !enough();
    preview(point);
    tell(corners);
  }

  /* Say the figures, of corners as they are set and of the middle where the keyboard's map has come to rest. */
  function tell(points) {
    const told = kind && figures ? figures(kind, points) : "";
    if (told) status.textContent = `${told}. ${words[kind]}`;
  }

  function preview(point) {
    layer.clearLayers();
    if (!kind || corners.length === 0) return;
    corners.forEach((corner) => L.circleMarker(corner, {...line, radius: 4, fillOpacity: 1}).addTo(layer));
    if (kind !== "circle") {
      const points = near(point, corners[corners.length - 1]) ? corners : [...corners, point], told = figures ? figures(kind, points) : "";
      L.polyline(points, {...line, dashArray: "4 4"}).addTo(layer);
      if (told) running.setLatLng(point).setContent(told).addTo(layer);
      return;
    }
    const radius = map.distance(corners[0], point);
    L.circle(corners[0], {...line, radius, dashArray: "4 4"}).addTo(layer);
    status.textContent = radius < 1 ? texts.drawElsewhere : `${texts.drawRadius} ${Math.round(radius).toLocaleString(language)} m`;
  }

  map.on("click", (event) => { if (kind) add(event.latlng); });
  map.on("mousemove", (event) => preview(event.latlng));
  map.on("move", () => preview(map.getCenter()));
  map.on("moveend", () => { if (corners.length) tell([...corners, map.getCenter()]); });
  map.getContainer().addEventListener("keydown", (event) => {
    if (!kind || event.target !== map.getContainer()) return;
    if (event.key === "Enter") { event.preventDefault(); event.stopImmediatePropagation(); add(map.getCenter()); }
    if (event.key === "Escape") end();
  });
  /* A marker with the keyboard's focus is not pressed while something is drawn; the style sheet keeps clicks from it. */
  map.getContainer().addEventListener("keypress", (event) => {
    if (kind && event.target !== map.getContainer()) event.stopPropagation();
  }, true);
  for (const wanted of Object.keys(words)) {
    const button = buttons.get(wanted);
    if (button) button.addEventListener("click", () => (kind === wanted ? end() : begin(wanted)));
  }
  buttons.get("finish").addEventListener("click", () => finish());
  tools.hidden = false;

  /* An area as addresses hold it: longitude,latitude,metres of a circle; else the corners. */
  const pair = (point) => `${point.lng.toFixed(6)},${point.lat.toFixed(6)}`;
  const written = (points, radius) => (radius ? `${pair(points[0])},${radius}` : points.map(pair).join(";"));
  /* The layer of such an address. */
  function shown(text) {
    const parts = text.split(";").map((each) => each.split(",").map(Number));
    const points = parts.map(([lng, lat]) => [lat, lng]);
    return parts.length === 1 ? L.circle(points[0], {...line, radius: parts[0][2]}) : L.polygon(points, line);
  }
  return {end, line, status, written, shown};
};
