/* The form of a scenario beside its map: a click on a stop puts it into the course, a click beside sets a new stop. */
(() => {
  "use strict";
  const form = document.querySelector("[data-scenario]");
  const map = GeoMap.maps.get("map_editor");
  if (!form || !map) return;
  const told = form.querySelector("[data-told]");
  const tell = (text, name = "") => { told.textContent = `${text} ${name}`.trim(); };
  const {bounds, styles} = map.geo.settings;
  map.fitBounds(bounds, {animate: false});
  GeoMap.orient(map);
  ["sites", "stops"].forEach((key) => GeoMap.toggle(map, key, true));
  const drawn = L.layerGroup().addTo(map);
  const known = new Map();
  const courses = () => [...form.querySelectorAll("textarea[data-course]")];
  let active = null;
  form.addEventListener("focusin", (event) => {
    const line = event.target.closest("[data-line]");
    if (line) active = line.querySelector("textarea[data-course]");
  });
  const number = (text) => (text.trim() === "" ? NaN : Number(text.replace(",", ".")));
  const field = (row, name) => row.querySelector(`[data-field=${name}]`);

  function newStops() {
    return [...form.querySelectorAll("[data-stop]")].map((row) => ({
      row, name: field(row, "name").value.trim(),
      place: L.latLng([number(field(row, "lat").value) || 0, number(field(row, "lon").value) || 0]),
      set: Number.isFinite(number(field(row, "lat").value)) && Number.isFinite(number(field(row, "lon").value)),
    }));
  }

  /* Draw the new stops, and each course as far as its stops are known. */
  function draw() {
    drawn.clearLayers();
    const places = new Map(known);
    for (const stop of newStops().filter((each) => each.set)) {
      if (stop.name) places.set(stop.name, stop.place);
      const marker = L.circleMarker(stop.place, {radius: 7, weight: 3, color: styles.planned, fillColor: "#fff", fillOpacity: 1});
      if (stop.name) marker.bindTooltip(GeoMap.textElement("span", "", stop.name), {permanent: true, direction: "center", className: "map-label map-label--sites", offset: [0, -16]});
      marker.addTo(drawn);
    }
    for (const course of courses()) {
      const stops = course.value.split("\n").map((text) => text.trim()).filter(Boolean);
      const line = stops.map((text) => places.get(text) || places.get((/\[([^[\]]+)\]$/.exec(text) || [])[1])).filter(Boolean);
      if (line.length > 1) L.polyline(line, {color: styles.planned, weight: 4, opacity: 0.9, interactive: false}).addTo(drawn).bringToBack();
    }
  }

  function append(text) {
    const course = active || courses()[0];
    if (!course) return;
    course.value = `${course.value.trimEnd()}${course.value.trim() ? "\n" : ""}${text}\n`;
    course.scrollTop = course.scrollHeight;
    draw();
    tell(form.dataset.added, text);
  }

  /* The first row without coordinates; else one more, numbered on. */
  function freeRow() {
    const rows = [...form.querySelectorAll("[data-stop]")];
    const free = rows.find((row) => !field(row, "name").value.trim() && !field(row, "lon").value.trim());
    if (free) return free;
    const last = rows[rows.length - 1], made = last.cloneNode(true), next = Number(last.dataset.stop) + 1;
    made.dataset.stop = String(next);
    for (const each of made.querySelectorAll("[name], [for], [id]")) {
      for (const name of ["name", "id", "for"]) {
        if (each.hasAttribute(name)) each.setAttribute(name, each.getAttribute(name).replace(/^stops\.\d+/, `stops.${next}`));
      }
      if ("value" in each) each.value = "";
      each.removeAttribute("aria-invalid");
      each.removeAttribute("aria-describedby");
    }
    made.querySelectorAll(".field-error").forEach((fault) => fault.remove());
    last.after(made);
    return made;
  }

  map.on("geo:stop", (event) => append(`${event.name} [${event.id}]`));
  map.on("geo:loaded", (event) => {
    if (event.key !== "stops") return;
    map.geo.layers.get("stops").layer.eachLayer((group) => group.eachLayer((each) => known.set(each.feature.properties.id, each.getLatLng())));
    draw();
  });
  map.on("click", (event) => {
    const row = freeRow();
    field(row, "lon").value = event.latlng.lng.toFixed(5);
    field(row, "lat").value = event.latlng.lat.toFixed(5);
    draw();
    tell(form.dataset.set);
    field(row, "name").focus();
  });
  form.addEventListener("input", draw);
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-into-course]");
    if (!button) return;
    const name = field(button.closest("[data-stop]"), "name").value.trim();
    if (name) append(name); else tell(form.dataset.unnamed);
  });
  draw();
  const places = newStops().filter((each) => each.set).map((each) => each.place);
  if (places.length > 1) map.fitBounds(places, {padding: [60, 60], maxZoom: 15, animate: false});
})();
