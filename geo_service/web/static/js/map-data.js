/* The map of features or tiles of the open interface: show them all, and tell fields of features on a click. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_features");
  if (!map) return;
  const {bounds} = map.geo.settings;
  if (bounds) map.fitBounds(bounds, {animate: false});
  const group = map.geo.layers.get("features").layer;
  map.on("geo:loaded", ({key}) => {
    if (key !== "features") return;
    const box = L.latLngBounds([]);
    group.eachLayer((drawn) => box.extend(drawn.getBounds()));
    if (box.isValid()) map.fitBounds(box, {padding: [24, 24], maxZoom: 17, animate: false});
  });
  for (const key of map.geo.layers.keys()) GeoMap.toggle(map, key, true);
})();
