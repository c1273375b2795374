/* The map of transit classes: layers are switched by the boxes beside it. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_transit");
  if (!map) return;
  const {bounds} = map.geo.settings;
  if (bounds) map.fitBounds(bounds, {padding: map.geo.layers.has("after") ? [40, 40] : [0, 0], maxZoom: 16, animate: false});
  GeoMap.orient(map);
  GeoMap.toggle(map, "sites", true);
  const boxes = [...document.querySelectorAll("[data-transit-layer]")];
  const apply = () => {
    boxes.filter((box) => !box.checked).forEach((box) => GeoMap.toggle(map, box.value, false));
    boxes.filter((box) => box.checked).forEach((box) => GeoMap.toggle(map, box.value, true));
  };
  boxes.forEach((box) => box.addEventListener("change", apply));
  apply();
})();
