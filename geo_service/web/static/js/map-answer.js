/* A map beside an answer: show the whole answer, and tell which row belongs to which shape. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_answer");
  if (!map) return;
  const {bounds} = map.geo.settings;
  if (bounds) map.fitBounds(bounds, {paddingTopLeft: [24, 24], paddingBottomRight: [56, 24], maxZoom: 18, animate: false});
  GeoMap.orient(map);
  const shapes = new Map();
  map.geo.layers.get("places").layer.eachLayer((group) => {
    group.eachLayer((shape) => shapes.set(String(shape.feature.properties.row), shape));
  });
  const weight = map.geo.settings.styles.lines.selected.width_px;
  const rows = new Map([...document.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));
  const mark = (key, on) => {
    const shape = shapes.get(key), row = rows.get(key);
    if (shape && shape.setStyle) shape.setStyle({weight: on ? weight : 1});
    if (row) row.classList.toggle("row--marked", on);
  };
  for (const [key, row] of rows) {
    for (const [start, end] of [["mouseenter", "mouseleave"], ["focusin", "focusout"]]) {
      row.addEventListener(start, () => mark(key, true));
      row.addEventListener(end, () => mark(key, false));
    }
  }
  for (const [key, shape] of shapes) {
    shape.on("mouseover", () => mark(key, true));
    shape.on("mouseout", () => mark(key, false));
  }
})();
