/* An area drawn on the map beside a list: the list then shows what reaches into it. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_listed");
  const tools = document.querySelector("[data-draw-tools]");
  const field = document.querySelector("input[name=within]");
  if (!map || !tools || !field) return;
  const shape = L.layerGroup().addTo(map);
  const clear = tools.querySelector("[data-draw=clear]");
  const sketch = GeoMap.sketch(map, tools, (kind, corners, radius) => take(sketch.written(corners, radius)));

  /* Show the area of the address. */
  function show() {
    shape.clearLayers();
    if (field.value) sketch.shown(field.value).addTo(shape);
    const [drawn] = shape.getLayers();
    map.geo.drawn = drawn ? drawn.getBounds() : null;
    clear.hidden = !field.value;
  }

  function take(value) {
    field.value = value;
    show();
    field.dispatchEvent(new Event("change", {bubbles: true}));
  }

  clear.addEventListener("click", () => { sketch.end(); take(""); });
  show();
})();
