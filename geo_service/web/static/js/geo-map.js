/* Layers of the maps. Folium's script calls these functions; texts of records only ever become text nodes. */
const GeoMap = (() => {
  "use strict";
  const maps = new Map();

  /* Make the map in its element; settings hold styles, texts and the language. Nothing glides for those who ask for less motion. */
  function create(id, options, settings) {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const motion = calm ? {zoomAnimation: false, fadeAnimation: false, markerZoomAnimation: false, inertia: false} : {};
    const map = L.map(id, {...options, ...motion, zoomControl: false, attributionControl: false, zoomSnap: 0.25, wheelPxPerZoomLevel: 120, maxBoundsViscosity: 0.5});
    if (calm) map.panBy = (offset, how) => L.Map.prototype.panBy.call(map, offset, {...how, animate: false});
    map.geo = {id, settings, layers: new Map(), selected: null};
    L.control.attribution({prefix: false}).addTo(map);
    L.control.zoom({position: "bottomright", zoomInTitle: settings.texts.zoomIn, zoomOutTitle: settings.texts.zoomOut}).addTo(map);
    L.control.scale({imperial: false}).addTo(map);
    map.on("zoomend", () => refresh(map));
    maps.set(id, map);
    return map;
  }

  function register(map, spec, layer) {
    map.geo.layers.set(spec.key, {spec, layer, on: false});
  }

  /* Show or hide a layer; below its least zoom it waits. */
  function toggle(map, key, on) {
    const entry = map.geo.layers.get(key);
    if (!entry) return;
    entry.on = on;
    const visible = on && map.getZoom() >= entry.spec.min_zoom;
    if (visible && !map.hasLayer(entry.layer)) entry.layer.addTo(map);
    if (!visible && map.hasLayer(entry.layer)) entry.layer.remove();
    requestAnimationFrame(() => thinLabels(map));
  }

  function refresh(map) {
    for (const [key, entry] of map.geo.layers) toggle(map, key, entry.on);
    thinLabels(map);
  }

  const RANKS = ["map-label--sign", "map-label--sites", "map-label--districts", "map-label--quarters"];

  /* Hide labels that would lie upon another; sites go before districts, these before quarters; numbers before all. */
  function thinLabels(map) {
    const labels = [...map.getContainer().querySelectorAll(".map-label")];
    const rank = (label) => RANKS.findIndex((name) => label.classList.contains(name));
    labels.sort((one, other) => rank(one) - rank(other));
    const boxes = (name) => [...map.getContainer().querySelectorAll(name)].map((each) => each.getBoundingClientRect());
    const kept = boxes(".vacancy-cluster, .map-pin");
    for (const label of labels) {
      const box = label.getBoundingClientRect();
      const free = label.classList.contains("map-label--sign") || kept.every((other) => box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom);
      label.classList.toggle("map-label--hidden", !free);
      if (free) kept.push(box);
    }
  }

  /* ---- areas from vector tiles ---- */
  const STROKE_FROM_ZOOM = 14, OUTLINE_FROM_ZOOM = 15;

  function hatch() {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 8;
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#c9c9c9"; pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = "#6b6b6b"; pen.lineWidth = 1.5;
    pen.beginPath();
    for (const shift of [-8, 0, 8]) { pen.moveTo(shift, 8); pen.lineTo(shift + 8, 0); }
    pen.stroke();
    return canvas;
  }

  /* Areas that look alike are gathered into one path and drawn at once, which takes the browser a fraction of the time. */
  function paintRules(map, spec) {
    const {styles} = map.geo.settings;
    const {parcels, selected} = styles.lines;
    const fills = styles[spec.style];
    const pattern = hatch();
    const value = ({props}) => {
      if (spec.style === "horizon" && props.horizon && !props.offered) return props.category || "unknown";
      return props[spec.style] || (spec.style === "grade" ? "none" : undefined);
    };
    const filled = (feature) => (feature.props.net_m2 === undefined || feature.props.net_m2 > 0 ? fills[value(feature)] : undefined);
    const chosen = {};
    let paths, place;
    const add = (look, rings) => {
      if (!paths.has(look)) paths.set(look, new Path2D());
      const path = paths.get(look);
      for (const ring of rings) ring.forEach((point, count) => (count ? path.lineTo(point.x, point.y) : path.moveTo(point.x, point.y)));
    };
    const gather = {
      before() { paths = new Map([[undefined, new Path2D()]]); place = null; },
      draw(pen, rings, zoom, feature) {
        place ||= pen.getTransform();
        const look = filled(feature);
        if (look || zoom >= OUTLINE_FROM_ZOOM) add(look, rings);
        if (map.geo.selected !== null && feature.props.parcel_key === map.geo.selected) add(chosen, rings);
      },
    };
    const line = (pen, path, {color, width_px: width}) => { pen.strokeStyle = color; pen.lineWidth = width; pen.stroke(path); };
    const show = (pen, zoom, look, path) => {
      if (look === chosen) return line(pen, path, selected);
      if (!look) return line(pen, path, {color: "#b9bbc8", width_px: 0.5});
      pen.globalAlpha = styles.opacity;
      pen.fillStyle = look.hatched ? pen.createPattern(pattern, "repeat") : look.color;
      pen.fill(path);
      if (zoom >= STROKE_FROM_ZOOM) line(pen, path, parcels);
      pen.globalAlpha = 1;
    };
    const draw = {
      before(pen, zoom) {
        if (!place) return;
        pen.save();
        pen.setTransform(place);
        const last = paths.get(chosen);
        paths.delete(chosen);
        for (const [look, path] of paths) show(pen, zoom, look, path);
        if (last) show(pen, zoom, chosen, last);
        pen.restore();
      },
      draw() {},
    };
    return [{dataLayer: spec.data_layer, symbolizer: gather}, {dataLayer: spec.data_layer, symbolizer: draw, filter: () => false}];
  }

  /* Rules that draw whatever stands on a tile, each layer in a colour of its own. */
  function plainRules(names) {
    const {PolygonSymbolizer, LineSymbolizer, CircleSymbolizer} = protomapsL;
    return names.flatMap((dataLayer, place) => {
      const color = `hsl(${(265 + place * 137) % 360}, 60%, 40%)`;
      const kinds = [
        [3, new PolygonSymbolizer({fill: color, opacity: 0.35, stroke: color, width: (zoom) => (zoom >= STROKE_FROM_ZOOM ? 1 : 0.01)})],
        [2, new LineSymbolizer({color, width: 1.5})],
        [1, new CircleSymbolizer({radius: 4, fill: color, stroke: "#ffffff", width: 1})],
      ];
      return kinds.map(([kind, symbolizer]) => ({dataLayer, symbolizer, filter: (zoom, feature) => feature.geomType === kind}));
    });
  }

  /* A tile that fails is told in words; it is not kept, so that the next move asks for it again. */
  function sayFailures(map, spec, source) {
    const get = source.get.bind(source);
    source.get = async (tile, size) => {
      try {
        return await get(tile, size);
      } catch (error) {
        if (error.name !== "AbortError") map.fire("geo:failed", {key: spec.key, part: true});
        throw new DOMException("no tile", "AbortError");
      }
    };
  }

  function tileLayer(map, spec) {
    const layer = protomapsL.leafletLayer({
      url: spec.url, paintRules: spec.style === "plain" ? plainRules(spec.extra.data_layers) : paintRules(map, spec), labelRules: [], attribution: "",
      lang: map.geo.settings.language, maxDataZoom: 15,
    });
    for (const view of layer.views.values()) sayFailures(map, spec, view.tileCache.source);
    return layer;
  }

  function vectorTiles(map, spec) {
    register(map, spec, tileLayer(map, spec));
  }

  /* Draw the outline of one parcel above the others. */
  function select(map, key) {
    if (map.geo.selected === key) return;
    map.geo.selected = key;
    for (const {layer} of map.geo.layers.values()) {
      if (layer.rerenderTiles && map.hasLayer(layer)) layer.rerenderTiles();
    }
  }

  /* ---- records ---- */
  function textElement(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.textContent = text;
    return element;
  }

  function outline(line) {
    return {color: line.color, weight: line.width_px, dashArray: line.dash || null, fillOpacity: line.fill_opacity, fillColor: line.color, interactive: false};
  }

  function labelled(layer, className, text) {
    layer.bindTooltip(textElement("span", "", text), {permanent: true, direction: "center", className: `map-label ${className}`, interactive: false});
  }

  /* A name without a shape. */
  function named(name, latlng) {
    const marker = L.circleMarker(latlng, {radius: 0, stroke: false, fill: false, interactive: false});
    labelled(marker, "map-label--quarters", name);
    return marker;
  }

  /* One feature with many places, and a name for each. */
  function names() {
    let place = 0;
    return {pointToLayer: (feature, latlng) => named(feature.properties.names[place++], latlng)};
  }

  function vacancyMarker(map, feature, latlng) {
    const {status, name} = feature.properties;
    const known = map.geo.settings.styles.vacancies[status] ? status : "vacant";
    const icon = L.divIcon({className: `vacancy-marker vacancy--${known}`, iconSize: [16, 16]});
    const marker = L.marker(latlng, {icon, title: name, alt: name, keyboard: true});
    return marker;
  }

  const DRAW = {
    vacancies: (map) => ({pointToLayer: (feature, latlng) => vacancyMarker(map, feature, latlng)}),
    stops: (map) => ({
      pointToLayer: (feature, latlng) => L.circleMarker(latlng, {
        radius: feature.properties.modes.some((mode) => mode !== "bus") ? 5 : 3.5, weight: 2,
        color: map.geo.settings.styles.stop, fillColor: "#fff", fillOpacity: 1, interactive: false,
      }),
    }),
    pick_stops: (map) => ({
      pointToLayer: (feature, latlng) => L.circleMarker(latlng, {
        radius: 5, weight: 2, color: map.geo.settings.styles.stop, fillColor: "#fff", fillOpacity: 1, bubblingMouseEvents: false,
      }),
      onEachFeature: (feature, layer) => {
        layer.bindTooltip(textElement("span", "", feature.properties.name));
        layer.on("click", () => map.fire("geo:stop", {...feature.properties}));
      },
    }),
    sites: (map) => ({
      style: outline(map.geo.settings.styles.lines.sites),
      onEachFeature: (feature, layer) => labelled(layer, "map-label--sites", feature.properties.name),
    }),
    districts: (map) => ({
      style: outline(map.geo.settings.styles.lines.districts),
      onEachFeature: (feature, layer) => labelled(layer, "map-label--districts", feature.properties.name),
    }),
    classes: (map) => ({
      style: (feature) => {
        const fill = map.geo.settings.styles.grade[feature.properties.grade] || {color: "#ffffff"};
        return {stroke: true, color: fill.color, weight: 0.5, fillColor: fill.color, fillOpacity: map.geo.settings.styles.opacity};
      },
    }),
    reach: (map) => ({
      style: (feature) => {
        const {color} = map.geo.settings.styles.reach[feature.properties.minutes] || {color: "#ffffff"};
        return {stroke: true, color, weight: 1, fillColor: color, fillOpacity: 0.55, interactive: false};
      },
    }),
    graded_stops: (map) => ({
      pointToLayer: (feature, latlng) => L.circleMarker(latlng, {
        radius: feature.properties.planned ? 7 : 3.5, weight: feature.properties.planned ? 3 : 1.5,
        color: feature.properties.planned ? map.geo.settings.styles.planned : map.geo.settings.styles.stop, fillColor: "#fff", fillOpacity: 1,
      }),
      onEachFeature: (feature, layer) => { if (feature.properties.label) labelled(layer, "map-label--sites", feature.properties.label); },
    }),
    courses: (map) => ({style: {color: map.geo.settings.styles.planned, weight: 4, opacity: 0.9, interactive: false}}),
    quarters: () => ({pointToLayer: (feature, latlng) => named(feature.properties.name, latlng)}),
    names,
    rail: (map) => ({style: (feature) => ({...outline(map.geo.settings.styles.lines[feature.properties.kind === "rail" ? "rail" : "tram"]), opacity: 0.6})}),
    streets: (map) => ({style: (feature) => outline(map.geo.settings.styles.lines[feature.properties.kind === "side" ? "side_streets" : "streets"])}),
    water: (map) => ({style: outline(map.geo.settings.styles.lines.water)}),
    boundary: (map) => ({style: outline(map.geo.settings.styles.lines.boundary)}),
    places: (map) => ({
      pointToLayer: (feature, latlng) => L.circleMarker(latlng, {
        radius: 9, weight: 3, color: map.geo.settings.styles.vacancies[feature.properties.fill] || map.geo.settings.styles.stop, fillColor: "#fff", fillOpacity: 1,
      }),
      style: (feature) => {
        if (feature.geometry.type === "Point") return {};
        const fill = map.geo.settings.styles.horizon[feature.properties.fill] || {color: feature.properties.fill ? "#ffffff" : map.geo.settings.styles.planned};
        return {color: map.geo.settings.styles.lines.parcels.color, weight: 1, fillColor: fill.color, fillOpacity: map.geo.settings.styles.opacity};
      },
      onEachFeature: (feature, layer) => { if (feature.properties.label) labelled(layer, "map-label--sign", feature.properties.label); },
    }),
    shares: (map) => ({
      style: (feature) => {
        const fill = map.geo.settings.styles.shares[feature.properties.fill] || {color: "#ffffff"};
        return {color: map.geo.settings.styles.lines.parcels.color, weight: 1, fillColor: fill.color, fillOpacity: map.geo.settings.styles.opacity};
      },
      onEachFeature: (feature, layer) => labelled(layer, "map-label--sites map-label--share", feature.properties.label),
    }),
    features: (map) => ({
      style: {color: map.geo.settings.styles.lines.parcels.color, weight: 1.5, fillColor: map.geo.settings.styles.planned, fillOpacity: 0.35},
      pointToLayer: (feature, latlng) => L.circleMarker(latlng, {radius: 6, weight: 2, color: map.geo.settings.styles.stop, fillColor: "#fff", fillOpacity: 1}),
      onEachFeature: (feature, layer) => layer.bindPopup(() => GeoMap.featureContent(map, feature), {maxWidth: 300}),
    }),
    parcels: (map) => ({
      style: (feature) => {
        const fill = map.geo.settings.styles.horizon[feature.properties.horizon] || {color: "#ffffff"};
        return {color: map.geo.settings.styles.lines.parcels.color, weight: 0.6, fillColor: fill.color, fillOpacity: map.geo.settings.styles.opacity};
      },
    }),
  };

  function clusterIcon(cluster) {
    const count = cluster.getChildCount();
    const size = count < 10 ? 30 : count < 100 ? 36 : 44;
    return L.divIcon({className: "vacancy-cluster", html: textElement("span", "", String(count)), iconSize: [size, size]});
  }

  function cluster(map) {
    return L.markerClusterGroup({
      iconCreateFunction: clusterIcon, showCoverageOnHover: false, maxClusterRadius: 44, disableClusteringAtZoom: 17,
      spiderfyOnMaxZoom: false, chunkedLoading: true, animate: false,
      polygonOptions: {interactive: false},
    });
  }

  function fill(map, spec, group, collection) {
    const drawn = L.geoJSON(collection, DRAW[spec.style](map));
    drawn.eachLayer((layer) => {
      if (layer instanceof L.Marker) {
        layer.on("click", () => map.fire("geo:marker", {key: spec.key, latlng: layer.getLatLng(), layer}));
        layer.on("keypress", (event) => {
          if (event.originalEvent.key === "Enter") map.fire("geo:marker", {key: spec.key, latlng: layer.getLatLng(), layer});
        });
      }
    });
    if (spec.extra.cluster) group.addLayers(drawn.getLayers());
    else drawn.addTo(group);
    return drawn;
  }

  /* What a record itself has to tell is told when it is clicked. */
  function tellOnClick(map, drawn) {
    drawn.eachLayer((layer) => {
      const {item} = layer.feature.properties;
      if (item) layer.bindPopup(() => popupContent(map, [item]), {maxWidth: 300});
    });
  }

  /* Records of an address, fetched when first shown. */
  function records(map, spec) {
    const group = spec.extra.cluster ? cluster(map) : L.layerGroup();
    let asked = false;
    group.on("add", async () => {
      if (asked) return;
      asked = true;
      try {
        const answer = await fetch(spec.url);
        if (!answer.ok) throw new Error(`${spec.url}: ${answer.status}`);
        const whole = await answer.json();
        tellOnClick(map, fill(map, spec, group, whole));
        if (spec.extra.near) GeoMap.nearer(map, spec, whole, (part) => { group.clearLayers(); fill(map, spec, group, part); });
        thinLabels(map);
        map.fire("geo:loaded", {key: spec.key});
      } catch {
        asked = false;
        map.fire("geo:failed", {key: spec.key});
      }
    });
    register(map, spec, group);
  }

  /* Records that the page holds itself. */
  function embedded(map, spec) {
    const group = spec.extra.cluster ? cluster(map) : L.layerGroup();
    tellOnClick(map, fill(map, spec, group, spec.collection));
    register(map, spec, group);
    toggle(map, spec.key, spec.on);
  }

  function baseMap(map, spec) {
    const plain = document.createElement("span");
    plain.textContent = spec.attribution;
    L.tileLayer(spec.url, {attribution: plain.innerHTML, maxZoom: 19, opacity: 0.75}).addTo(map);
  }

  /* ---- popups ---- */
  function popupItem(map, item) {
    const {texts} = map.geo.settings;
    const part = textElement("div", "popup-item", "");
    const title = textElement("h2", "", item.title);
    part.append(title);
    const sub = textElement("p", "popup-sub", item.subtitle);
    if (item.demo) sub.append(" ", textElement("span", "demo-mark", texts.demo));
    part.append(sub);
    if (item.badge) part.append(textElement("span", `badge ${item.badge[0]}`, item.badge[1]));
    const list = document.createElement("dl");
    for (const [question, answer] of item.lines) list.append(textElement("dt", "", question), textElement("dd", "", answer));
    part.append(list);
    if (item.href && !map.geo.settings.portable) {
      const link = textElement("a", "kern-link", texts.more);
      link.href = item.href;
      const name = textElement("span", "kern-sr-only", `: ${item.title}`);
      link.append(name);
      part.append(link);
    }
    return part;
  }

  function popupContent(map, items) {
    const box = document.createElement("div");
    box.tabIndex = -1;
    if (items.length === 0) box.append(textElement("p", "", map.geo.settings.texts.nothing));
    items.forEach((item) => box.append(popupItem(map, item)));
    return box;
  }

  /* Show what tells where one is. */
  function orient(map) {
    ["water", "rail", "quarters", "districts", "boundary"].forEach((key) => toggle(map, key, true));
  }

  return {maps, create, orient, toggle, refresh, select, tileLayer, vectorTiles, records, embedded, baseMap, popupContent, textElement};
})();
