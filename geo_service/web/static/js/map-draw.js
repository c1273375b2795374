/* Draw a circle or an area on the map beside a list: the list then shows what reaches into it. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_listed");
  const tools = document.querySelector("[data-draw-tools]");
  const field = document.querySelector("input[name=within]");
  if (!map || !tools || !field) return;
  const CLOSE_PX = 14, FEWEST = 3, MOST = 200;
  const {texts, styles} = map.geo.settings;
  const line = {color: styles.planned, weight: 3, fillOpacity: 0.05, interactive: false};
  const shape = L.layerGroup().addTo(map), sketch = L.layerGroup().addTo(map);
  const button = (name) => tools.querySelector(`[data-draw=${name}]`);
  const status = tools.querySelector("[role=status]");
  const box = map.getContainer().parentElement;
  let mode = null, corners = [];

  const written = (point) => `${point.lng.toFixed(6)},${point.lat.toFixed(6)}`;

  /* Show the area of the address. */
  function show() {
    shape.clearLayers();
    const parts = field.value.split(";").map((pair) => pair.split(",").map(Number));
    const points = parts.map(([lng, lat]) => [lat, lng]);
    if (field.value) (parts.length === 1 ? L.circle(points[0], {...line, radius: parts[0][2]}) : L.polygon(points, line)).addTo(shape);
    const [drawn] = shape.getLayers();
    map.geo.drawn = drawn ? drawn.getBounds() : null;
    button("clear").hidden = !field.value;
  }

  function begin(kind) {
    end();
    mode = kind;
    box.classList.add("is-drawing");
    map.doubleClickZoom.disable();
    button(kind).setAttribute("aria-pressed", "true");
    status.textContent = kind === "circle" ? texts.drawMiddle : texts.drawCorner;
    map.getContainer().focus({preventScroll: true});
  }

  function end() {
    mode = null;
    corners = [];
    sketch.clearLayers();
    box.classList.remove("is-drawing");
    map.doubleClickZoom.enable();
    ["circle", "polygon"].forEach((kind) => button(kind).setAttribute("aria-pressed", "false"));
    button("finish").hidden = true;
    status.textContent = "";
  }

  function finish(value) {
    end();
    field.value = value;
    show();
    field.dispatchEvent(new Event("change", {bubbles: true}));
  }

  const polygon = () => finish(corners.map(written).join(";"));
  const near = (one, other) => map.latLngToContainerPoint(one).distanceTo(map.latLngToContainerPoint(other)) < CLOSE_PX;

  function add(point) {
    if (mode === "circle" && corners.length === 1) {
      const radius = Math.round(map.distance(corners[0], point));
      if (radius >= 1) finish(`${written(corners[0])},${Math.min(radius, 50000)}`);
      return;
    }
    if (mode === "polygon" && corners.length >= FEWEST && (near(point, corners[0]) || corners.length >= MOST)) { polygon(); return; }
    if (corners.length && near(point, corners[corners.length - 1])) return;
    corners.push(point);
    status.textContent = mode === "circle" ? texts.drawRadius : texts.drawCorner;
    button("finish").hidden = mode !== "polygon" || corners.length < FEWEST;
    preview(point);
  }

  function preview(point) {
    sketch.clearLayers();
    if (!mode || corners.length === 0) return;
    corners.forEach((corner) => L.circleMarker(corner, {...line, radius: 4, fillOpacity: 1}).addTo(sketch));
    if (mode === "polygon") L.polyline([...corners, point], {...line, dashArray: "4 4"}).addTo(sketch);
    else {
      const radius = map.distance(corners[0], point);
      L.circle(corners[0], {...line, radius, dashArray: "4 4"}).addTo(sketch);
      status.textContent = `${texts.drawRadius} ${Math.round(radius).toLocaleString(map.geo.settings.language)} m`;
    }
  }

  map.on("click", (event) => { if (mode) add(event.latlng); });
  map.on("mousemove", (event) => preview(event.latlng));
  map.on("move", () => preview(map.getCenter()));
  map.getContainer().addEventListener("keydown", (event) => {
    if (!mode || event.target !== map.getContainer()) return;
    if (event.key === "Enter") { event.preventDefault(); add(map.getCenter()); }
    if (event.key === "Escape") end();
  });
  button("circle").addEventListener("click", () => (mode === "circle" ? end() : begin("circle")));
  button("polygon").addEventListener("click", () => (mode === "polygon" ? end() : begin("polygon")));
  button("finish").addEventListener("click", polygon);
  button("clear").addEventListener("click", () => finish(""));
  tools.hidden = false;
  show();
})();
