/* The map beside a list: draws its rows, cards or pairs, numbered alike; pointing works both ways. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_listed");
  if (!map) return;
  const {styles} = map.geo.settings;
  const drawn = L.layerGroup().addTo(map);
  const NEAREST = 15, ABOVE = 100000, APART = 1000;
  let shown = [];

  const fillOf = (row) => (styles.horizon[row.dataset.pin] || {color: "#ffffff"}).color;

  function pin(row, number) {
    const className = `map-pin ${row.querySelector(".pin").className}`;
    return L.divIcon({className, html: GeoMap.textElement("span", "", number), iconSize: [26, 26]});
  }

  function mark(entry, on) {
    entry.row.classList.toggle("row--marked", on);
    entry.marker.setZIndexOffset(on ? ABOVE : entry.depth);
    const element = entry.marker.getElement();
    if (element) element.classList.toggle("map-pin--marked", on);
    if (entry.area) entry.area.setStyle({weight: on ? styles.lines.selected.width_px : 1});
  }

  function show(row, place) {
    const geometry = JSON.parse(row.dataset.shape);
    const shape = L.geoJSON(geometry, {
      style: {color: styles.lines.parcels.color, weight: 1, fillColor: fillOf(row), fillOpacity: styles.opacity},
      pointToLayer: () => null,
    });
    const isPoint = geometry.type === "Point";
    const at = isPoint ? L.latLng(geometry.coordinates[1], geometry.coordinates[0]) : shape.getBounds().getCenter();
    const link = row.querySelector("th a, h3 a, a");
    const name = row.dataset.name || link.textContent;
    const {lang} = link.querySelector("[lang]") || document.documentElement; /* a name may be quoted */
    const number = row.querySelector(".pin").textContent;
    const depth = -APART * (place + 1);
    const marker = L.marker(at, {zIndexOffset: depth, icon: pin(row, number), title: name, alt: `${number}: ${name}`});
    marker.on("add", () => { marker.getElement().lang = lang; });
    const entry = {row, marker, depth, area: isPoint ? null : shape};
    marker.bindPopup(() => {
      const box = GeoMap.textElement("div", "", "");
      const title = GeoMap.textElement("a", "kern-link", name);
      Object.assign(title, {href: link.href, lang});
      const figures = [...row.querySelectorAll("[data-told]")].map((cell) => cell.innerText.trim().replace(/\s+/g, " "));
      box.append(title, GeoMap.textElement("p", "", figures.join(" · ")));
      return box;
    }, {maxWidth: 280});
    for (const each of [marker, shape]) {
      each.on("mouseover", () => mark(entry, true));
      each.on("mouseout", () => mark(entry, false));
    }
    shape.on("click", () => { if (!map.getContainer().closest(".is-drawing")) marker.openPopup(); });
    marker.on("popupopen", () => mark(entry, true));
    marker.on("popupclose", () => mark(entry, false));
    for (const [begin, end] of [["pointerenter", "pointerleave"], ["focusin", "focusout"]]) {
      row.addEventListener(begin, () => mark(entry, true));
      row.addEventListener(end, () => mark(entry, false));
    }
    if (entry.area) drawn.addLayer(shape);
    drawn.addLayer(marker);
    return {...entry, bounds: isPoint ? L.latLngBounds([at, at]) : shape.getBounds()};
  }

  /* Draw the rows that the table has now, and look at all of them. */
  function draw() {
    drawn.clearLayers();
    shown = [...document.querySelectorAll("main [data-shape]")].map(show);
    const box = shown.reduce((whole, entry) => whole.extend(entry.bounds), L.latLngBounds([]));
    if (map.geo.drawn) box.extend(map.geo.drawn);
    if (box.isValid()) map.fitBounds(box, {paddingTopLeft: [24, 24], paddingBottomRight: [56, 24], maxZoom: NEAREST, animate: false});
    else map.setView(map.options.center, map.options.zoom, {animate: false});
    GeoMap.refresh(map);
    document.documentElement.dataset.listedPins = String(shown.length);
  }

  GeoMap.orient(map);
  document.addEventListener("htmx:afterSettle", (event) => { if (!event.target.closest(".pick, #tray")) draw(); });
  draw();
})();
