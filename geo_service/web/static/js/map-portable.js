/* The portable file: layers on and off, the map fitted to the city. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_overview");
  document.querySelectorAll("[data-portable-layer]").forEach((box) => {
    box.addEventListener("change", () => GeoMap.toggle(map, box.value, box.checked));
  });
  /* Look at what the file is about; else, and where that is the whole city, at the city. */
  const {about} = map.geo.settings;
  const bounds = L.latLngBounds([]);
  const extend = (layer) => (layer.eachLayer ? layer.eachLayer(extend) : bounds.extend(layer.getBounds ? layer.getBounds() : layer.getLatLng()));
  for (const [key, {layer}] of map.geo.layers) if (about ? key === about : !["boundary", "districts", "water", "streets", "rail", "names"].includes(key)) extend(layer);
  if (!bounds.isValid()) extend(map.geo.layers.get("boundary").layer);
  map.fitBounds(bounds, {padding: [16, 16], maxZoom: 16, animate: false});
  GeoMap.refresh(map);
})();
