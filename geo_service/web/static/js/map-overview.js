/* The overview page: layer panel, view in the address, identify, search, table of the view. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_overview");
  if (!map) return;
  const {texts, language} = map.geo.settings;
  const panel = document.querySelector("[data-layer-panel]");
  const status = document.querySelector("[data-map-status]");
  const target = document.querySelector("[data-records-target]");
  const say = (text) => { status.textContent = text; };
  let restoring = false, opening = false, waiting = null;

  /* ---- the view in the address: #map=zoom/lat/lon&layers=…&as_of=day&within=area&focus=kind:key; found=name marks the middle ---- */
  const state = {focus: null, day: null};
  const DAY = /^\d{4}-\d{2}-\d{2}$/;
  const AREA = /^-?[\d.]+,-?[\d.]+(,[\d.]+|(;-?[\d.]+,-?[\d.]+){2,200})$/;
  const asOf = () => (state.day ? {as_of: state.day} : {});

  function shownLayers() {
    const land = panel.querySelector("input[name=land]:checked").value;
    const others = [...panel.querySelectorAll("input[name=layer]:checked")].map((box) => box.value);
    return [...(land ? [land] : []), ...others];
  }
  function address() {
    const center = map.getCenter();
    const parts = [`map=${map.getZoom()}/${center.lat.toFixed(5)}/${center.lng.toFixed(5)}`, `layers=${shownLayers().join(",")}`];
    if (state.day) parts.push(`as_of=${state.day}`);
    if (map.geo.area) parts.push(`within=${map.geo.area}`);
    if (state.focus) parts.push(`focus=${encodeURIComponent(state.focus).replace("%3A", ":")}`);
    return `#${parts.join("&")}`;
  }
  function remember(push) {
    if (restoring || opening || address() === window.location.hash) return;
    window.history[push ? "pushState" : "replaceState"](null, "", address());
  }
  function read() {
    const values = new URLSearchParams(window.location.hash.slice(1));
    const view = (values.get("map") || "").split("/").map(Number);
    return {
      view: view.length === 3 && view.every(Number.isFinite) && Math.abs(view[1]) <= 85 && Math.abs(view[2]) <= 180 ? view : null,
      layers: values.has("layers") ? values.get("layers").split(",") : null,
      day: DAY.test(values.get("as_of") || "") ? values.get("as_of") : null,
      area: AREA.test(values.get("within") || "") ? values.get("within") : null,
      focus: values.get("focus"),
      found: values.get("found"),
    };
  }

  /* ---- layers ---- */
  function applyLayers() {
    const shown = new Set(shownLayers());
    for (const key of map.geo.layers.keys()) GeoMap.toggle(map, key, shown.has(key));
    document.querySelectorAll("[data-legend]").forEach((legend) => { legend.hidden = !shown.has(legend.dataset.legend); });
  }
  panel.addEventListener("change", () => { applyLayers(); remember(true); });
  panel.addEventListener("submit", (event) => event.preventDefault());

  /* The hint goes when it is no longer needed. */
  const hint = document.querySelector(".map-hint");
  map.on("popupopen geo:draw", () => hint.remove());

  /* ---- identify ---- */
  const TOLERANCE_PX = 9;
  let asked = 0;
  function metresPerPixel() {
    return 40075016.686 * Math.cos(map.getCenter().lat * Math.PI / 180) / 2 ** (map.getZoom() + 8);
  }
  /* Words and buttons of the tools lie upon the map's upper edge: an answer opens below them. */
  const said = document.querySelector(".draw-tools__said");
  /* Each answer has its own entry in the history: while one takes the place of another, nothing is noted. */
  function openPopup(latlng, items, {push = true, fit = null} = {}) {
    const content = GeoMap.popupContent(map, items);
    const popup = L.popup({
      maxWidth: Math.min(340, map.getSize().x - 90), closeOnClick: false,
      autoPanPaddingTopLeft: [16, 16 + (said ? said.offsetHeight : 0)], autoPanPaddingBottomRight: [16, 16],
    }).setLatLng(latlng).setContent(content);
    opening = true;
    if (fit) map.fitBounds(fit.bounds, {maxZoom: fit.maxZoom, animate: false, padding: [60, 60]});
    popup.openOn(map);
    opening = false;
    const element = popup.getElement();
    element.setAttribute("role", "dialog");
    element.setAttribute("aria-label", items.length ? items[0].title : texts.nothing);
    const close = element.querySelector(".leaflet-popup-close-button");
    if (close) close.setAttribute("aria-label", texts.close);
    content.focus({preventScroll: true});
    const parcel = items.find((item) => item.kind === "parcel");
    GeoMap.select(map, parcel ? parcel.key : null);
    const linked = items.find((item) => ["parcel", "premises", "site"].includes(item.kind));
    state.focus = linked ? `${linked.kind}:${linked.key}` : null;
    remember(push);
  }
  /* Who asks may tell what is wrong with the question in the server's own words. */
  async function ask(url, latlng, tell = say) {
    const turn = ++asked;
    let wrong = texts.failed;
    try {
      const answer = await fetch(url, {headers: {accept: "application/json"}});
      if (turn !== asked) return null;
      if (answer.status === 400 && tell !== say) wrong = (await answer.json()).detail;
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (turn !== asked) return null;
      openPopup(latlng || L.latLng(found.latitude, found.longitude), found.items);
      return found;
    } catch {
      if (turn === asked) tell(wrong);
      return null;
    }
  }
  function identify(latlng, layers) {
    const values = new URLSearchParams({
      lon: latlng.lng.toFixed(6), lat: latlng.lat.toFixed(6), layers: layers.join(","), lang: language, ...asOf(),
      tolerance_m: Math.min(2000, TOLERANCE_PX * metresPerPixel()).toFixed(1),
    });
    return ask(`/maps/identify?${values}`, latlng);
  }
  map.on("geo:ask", (event) => ask(event.url, event.latlng, event.tell));
  map.on("geo:draw", () => { asked += 1; });  // an answer that still loads does not open over a tool
  map.on("click", (event) => { if (!map.geo.drawing) identify(event.latlng, shownLayers().filter((key) => key !== "vacancies" && key !== "boundary")); });
  map.on("geo:marker", (event) => identify(event.latlng, [event.key]));
  map.on("popupclose", () => {
    if (opening) return;
    GeoMap.select(map, null);
    if (state.focus && !restoring) { state.focus = null; remember(false); }
    if (map.getContainer().contains(document.activeElement) || document.activeElement === document.body) map.getContainer().focus({preventScroll: true});
  });
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Escape" && map.getContainer().querySelector(".leaflet-popup")) {
      event.preventDefault();
      map.closePopup();
      return;
    }
    if (event.key === "Enter" && event.target === map.getContainer() && !map.geo.drawing) {
      event.preventDefault();
      identify(map.getCenter(), shownLayers().filter((key) => key !== "boundary"));
    }
  });

  /* ---- a record by its key ---- */
  async function focus(name, {push, keepView = false}) {
    const [kind, ...rest] = name.split(":");
    const values = new URLSearchParams({kind, key: rest.join(":"), lang: language, ...asOf()});
    const turn = ++asked;
    let gone = false;
    try {
      const answer = await fetch(`/maps/record?${values}`, {headers: {accept: "application/json"}});
      gone = answer.status === 404;
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      if (turn !== asked) return;
      const fit = keepView ? null : {bounds: L.geoJSON(found.geometry).getBounds(), maxZoom: kind === "site" ? 16 : 17};
      say("");
      openPopup(L.latLng(found.latitude, found.longitude), found.items, {push, fit});
    } catch {
      if (turn !== asked) return;
      if (state.focus === name) state.focus = null;
      say(gone ? texts.nowhere : texts.failed);
    }
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-focus]");
    if (!link) return;
    event.preventDefault();
    focus(link.dataset.focus, {push: true});
    map.getContainer().scrollIntoView({block: "nearest"});
  });
  document.addEventListener("geo:choose", (event) => {
    const {kind, key, bbox, lat, lon} = event.detail;
    if (lat === null) return;
    event.preventDefault();
    if (["parcel", "premises", "site"].includes(kind)) { focus(`${kind}:${key}`, {push: true}); return; }
    if (bbox) map.fitBounds([[bbox[1], bbox[0]], [bbox[3], bbox[2]]], {maxZoom: 17, animate: false});
    else map.setView([lat, lon], 16, {animate: false});
    map.getContainer().focus({preventScroll: true});
    markFound(event.detail);
    remember(true);
  });

  /* ---- what the search found, until the next search or Esc: a ring at a stop, the box of a street or a part of the city ---- */
  const found = L.layerGroup().addTo(map);
  function markFound({label, detail, kind, bbox, lat, lon}) {
    const {color, width_px: weight} = map.geo.settings.styles.lines.selected;
    const look = {color, weight, fill: false, interactive: false, className: "map-found"};
    const shape = bbox && kind !== "stop" ? L.rectangle([[bbox[1], bbox[0]], [bbox[3], bbox[2]]], look) : L.circleMarker([lat, lon], {...look, radius: 14});
    const name = kind === "street" && detail ? `${label}, ${detail}` : label;
    shape.bindTooltip(GeoMap.textElement("span", "", name), {permanent: true, direction: "top", className: "map-found-label", interactive: false});
    unmark();
    shape.addTo(found);
    say(`${texts.found} ${name}. ${texts.foundEnds}`);
  }
  function unmark() {
    found.clearLayers();
    say("");
  }
  document.addEventListener("geo:choose", unmark, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented && !map.geo.drawing && found.getLayers().length) unmark();
  });

  /* ---- table of the view ---- */
  let timer = 0, listed = 0;
  async function list() {
    const bounds = map.getBounds();
    const clamp = (value, limit) => Math.max(-limit, Math.min(limit, value)).toFixed(5);
    const bbox = [clamp(bounds.getWest(), 180), clamp(bounds.getSouth(), 85), clamp(bounds.getEast(), 180), clamp(bounds.getNorth(), 85)];
    const turn = ++listed;
    target.classList.add("records-loading");
    try {
      const values = new URLSearchParams({bbox: bbox.join(","), lang: language, ...asOf()});
      const answer = await fetch(`/maps/records?${values}`, {headers: {accept: "text/html"}});
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      if (turn === listed) target.innerHTML = text;
    } catch {
      if (turn === listed) say(texts.failed);
    } finally {
      if (turn === listed) target.classList.remove("records-loading");
    }
  }
  map.on("moveend", () => {
    remember(false);
    clearTimeout(timer);
    timer = setTimeout(list, 350);
  });
  /* Another day: the table follows, and what is told of a record. */
  map.on("geo:day", ({day, push}) => {
    const how = waiting;
    waiting = null;
    if (day !== state.day) {
      state.day = map.geo.day = day;
      remember(push);
      list();
    } else if (!how) return;
    if (state.focus) focus(state.focus, how || {push: false, keepView: true});
  });
  map.on("geo:area", () => remember(true));
  map.on("geo:failed", (event) => say(event.part ? texts.partFailed : texts.failed));

  /* ---- the other language and the sign-in keep the view, as far as an address may be long ---- */
  const LONGEST = 2000;
  const keepView = (event) => {
    const link = event.target.closest(".page-header__tools :is(a[hreflang], a[href^='/sign-in'])");
    if (!link) return;
    remember(false);
    const next = new URLSearchParams(link.search).get("next");
    if (next === null) link.hash = address();
    else if (next.length + address().length < LONGEST) link.search = new URLSearchParams({next: `${next.split("#")[0]}${address()}`});
  };
  ["click", "auxclick"].forEach((name) => document.addEventListener(name, keepView));

  /* ---- share ---- */
  panel.querySelector("[data-share]").addEventListener("click", async () => {
    remember(false);
    try {
      await navigator.clipboard.writeText(window.location.href);
      say(texts.copied);
    } catch { say(texts.copyFailed); }
  });

  /* ---- start, back and forward ---- */
  function restore(atFirst) {
    const wanted = read();
    restoring = true;
    if (wanted.layers) {
      const known = new Set(wanted.layers);
      const land = ["horizon", "grade"].find((key) => known.has(key)) || "";
      panel.querySelector(`input[name=land][value="${land}"]`).checked = true;
      panel.querySelectorAll("input[name=layer]").forEach((box) => { box.checked = known.has(box.value); });
    }
    if (wanted.view) map.setView([wanted.view[1], wanted.view[2]], wanted.view[0], {animate: false});
    else if (atFirst || !window.location.hash) map.fitBounds(map.geo.settings.bounds, {animate: false});
    applyLayers();
    if (wanted.day !== state.day) map.fire("geo:want", {day: wanted.day});
    const changed = wanted.focus !== state.focus, otherArea = wanted.area !== (map.geo.area || null);
    state.focus = wanted.focus;
    map.geo.area = wanted.area;
    if (!wanted.focus && (changed || otherArea || !wanted.area)) { asked += 1; map.closePopup(); }
    restoring = false;
    if (otherArea) map.fire("geo:area-wanted", {ask: !wanted.focus});
    if (wanted.found && wanted.view) markFound({label: wanted.found, kind: "stop", lat: wanted.view[1], lon: wanted.view[2]});
    waiting = null;
    if (!wanted.focus || !changed) return;
    const how = {push: false, keepView: Boolean(wanted.view)};
    if (map.geo.dayLoads) waiting = how;
    else focus(wanted.focus, how);
  }
  window.addEventListener("popstate", () => restore(false));
  window.addEventListener("hashchange", () => restore(false));
  restore(true);
  GeoMap.refresh(map);
  clearTimeout(timer);
  list();
  document.documentElement.dataset.mapReady = "yes";
})();
