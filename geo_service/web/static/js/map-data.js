/* The map of features of the open interface: show them all, and tell their fields on a click. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_features");
  if (!map) return;
  const {group} = {group: map.geo.layers.get("features").layer};
  map.on("geo:loaded", ({key}) => {
    if (key !== "features") return;
    const box = L.latLngBounds([]);
    group.eachLayer((drawn) => box.extend(drawn.getBounds()));
    if (box.isValid()) map.fitBounds(box, {padding: [24, 24], maxZoom: 17, animate: false});
  });
  for (const key of map.geo.layers.keys()) GeoMap.toggle(map, key, true);
})();
