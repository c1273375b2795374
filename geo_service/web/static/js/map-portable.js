/* The portable file: layers on and off, the map fitted to the city. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_overview");
  document.querySelectorAll("[data-portable-layer]").forEach((box) => {
    box.addEventListener("change", () => GeoMap.toggle(map, box.value, box.checked));
  });
  const outline = map.geo.layers.get("boundary");
  if (outline) {
    const bounds = L.latLngBounds([]);
    outline.layer.eachLayer((layer) => bounds.extend(layer.getBounds()));
    if (bounds.isValid()) map.fitBounds(bounds);
  }
  GeoMap.refresh(map);
})();
