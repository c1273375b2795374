/* The place of a record in its form: drawn on the map, written into the field, and shown as it is typed. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_features");
  const tools = document.querySelector("[data-draw-tools]");
  const field = document.querySelector("#geometry");
  if (!map || !tools || !field) return;
  const shape = L.layerGroup().addTo(map);
  const clear = tools.querySelector("[data-draw=clear]");
  const place = (point) => [Number(point.lng.toFixed(7)), Number(point.lat.toFixed(7))];

  const sketch = GeoMap.sketch(map, tools, (kind, corners) => {
    const ring = corners.map(place);
    write(kind === "point" ? {type: "Point", coordinates: ring[0]} : {type: "Polygon", coordinates: [[...ring, ring[0]]]});
  });

  /* Show what stands in the field, if it is GeoJSON in degrees. */
  function show() {
    shape.clearLayers();
    clear.hidden = !field.value;
    if (!field.value.trim().startsWith("{")) return;
    try {
      L.geoJSON(JSON.parse(field.value), {
        style: sketch.line, pointToLayer: (_, at) => L.circleMarker(at, {...sketch.line, radius: 7, fillOpacity: 0.5}),
      }).addTo(shape);
    } catch { shape.clearLayers(); }  // not finished yet: the server tells what is wrong with it
  }
  function write(geometry) {
    field.value = geometry ? JSON.stringify(geometry) : "";
    show();
  }

  clear.addEventListener("click", () => { sketch.end(); write(null); });
  field.addEventListener("input", show);
  show();
  const drawn = L.featureGroup(shape.getLayers()).getBounds();
  if (drawn.isValid()) map.fitBounds(drawn, {maxZoom: 18, animate: false});
})();
