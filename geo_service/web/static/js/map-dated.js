/* The day of the availability map: a slider over days, any other day by date; colours and figures follow. */
(() => {
  "use strict";
  const map = GeoMap.maps.get("map_overview");
  const control = document.querySelector("[data-day-control]");
  if (!map || !control) return;
  const {stored} = control.dataset;
  const days = JSON.parse(control.dataset.days);
  const [slider, exact] = [control.querySelector("input[type=range]"), control.querySelector("input[type=date]")];
  const shown = control.querySelector("output");
  const back = control.querySelector("[data-day-back]");
  const state = document.querySelector("[data-stored-state]");
  const status = control.querySelector("[data-day-status]");
  const wrong = control.querySelector("[data-day-wrong]");
  const say = (text) => { status.textContent = text || ""; };
  const cells = [...document.querySelectorAll("[data-figure]")];
  const before = cells.map((cell) => cell.textContent);
  const entry = map.geo.layers.get("horizon");
  const ofStored = entry.layer;
  const leaving = new Set();
  const WAIT_MS = 250, TYPING_MS = 1200, MOST_TRIES = 6, OVERLAP_MS = 5000, AHEAD_MS = 500, SLOW_MS = 6000;
  let current = stored, shownDay = stored, turn = 0, timer = 0, slow = false;

  function nameOf(day) {
    const known = days.find(([each]) => each === day);
    return known ? known[1] : GeoMap.day(map, day);
  }

  /* Show a day on slider and field: between two days the slider stands at the earlier one. What is being typed stays. */
  function show(day, name = nameOf(day)) {
    const place = days.filter(([each]) => each <= day).length - 1;
    slider.value = String(Math.max(place, 0));
    const text = day === stored ? `${name} (${control.dataset.storedWord})` : name;
    shown.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    shownDay = day;
    if (document.activeElement !== exact) exact.value = day;
    tellWrong(false);
    back.hidden = day === stored;
    state.hidden = day !== stored;
  }

  /* Say beside the field what is wrong with the day in it; what was typed stays. */
  function tellWrong(is) {
    wrong.hidden = !is;
    exact.setAttribute("aria-invalid", String(is));
  }

  /* Put the tiles of a day in the place of those shown; these go when the new ones are there. */
  function swap(layer) {
    const old = entry.layer;
    if (layer === old) return;
    leaving.forEach((each) => each.remove());
    leaving.clear();
    entry.layer = layer;
    if (!map.hasLayer(old)) return;
    leaving.add(old);
    const gone = () => { if (leaving.delete(old)) old.remove(); };
    layer.once("load", gone);
    setTimeout(gone, OVERLAP_MS);
    layer.addTo(map);
  }
  map.on("layerremove", (event) => { if (event.layer === entry.layer) leaving.forEach((each) => each.remove()); });

  function write(totals) {
    cells.forEach((cell, place) => {
      const [word, part] = cell.dataset.figure.split(":");
      cell.textContent = totals ? totals[word][part] : before[place];
    });
  }

  function done(day, push) {
    current = day;
    map.geo.dayLoads = false;
    map.fire("geo:day", {day: day === stored ? null : day, push});
  }

  async function fetched(day, mine) {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const answer = await fetch(`/maps/land/${day}?lang=${map.geo.settings.language}`, {headers: {accept: "application/json"}});
      if (answer.ok) return answer.json();
      if (answer.status !== 503) throw new Error(String(answer.status));
      if (mine !== turn) return null;
      say(control.dataset.busy);
      const seconds = Number(answer.headers.get("retry-after")) || 5;
      await new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
      if (mine !== turn) return null;
    }
    throw new Error("busy");
  }

  /* While a day is looked at, the days beside it are made ready, unless that takes long. */
  async function ahead(mine) {
    const place = Number(slider.value);
    for (const [day] of [days[place + 1], days[place - 1]].filter(Boolean)) {
      await new Promise((resolve) => { setTimeout(resolve, AHEAD_MS); });
      if (mine !== turn || slow || day === stored) return;
      await fetch(`/maps/land/${day}`, {headers: {accept: "application/json"}}).catch(() => null);
    }
  }

  async function choose(day, push) {
    exact.value = day;
    if (exact.value && !exact.validity.valid) { tellWrong(true); return; }
    const mine = ++turn;
    const began = performance.now();
    clearTimeout(timer);
    show(day);
    control.classList.toggle("is-loading", day !== stored);
    if (day === stored) {
      say("");
      write(null);
      swap(ofStored);
      done(day, push);
      return;
    }
    map.geo.dayLoads = true;
    say(control.dataset.computing);
    try {
      const found = await fetched(day, mine);
      if (mine !== turn) return;
      show(day, found.label);
      write(found.totals);
      swap(GeoMap.tileLayer(map, {...entry.spec, url: found.tiles}));
      say(found.parcels ? "" : control.dataset.nothing);
      done(day, push);
      slow = performance.now() - began > SLOW_MS;
      ahead(mine);
    } catch {
      if (mine !== turn) return;
      exact.value = current;
      show(current);
      done(current, false);
      say(control.dataset.failed);
    } finally {
      if (mine === turn) control.classList.remove("is-loading");
    }
  }

  slider.addEventListener("input", () => {
    const [day] = days[Number(slider.value)];
    show(day);
    clearTimeout(timer);
    timer = setTimeout(() => choose(day, true), WAIT_MS);
  });
  /* A year is typed digit by digit, so that days out of bounds come first: these are told of when the typing is over. */
  function typed(isOver) {
    clearTimeout(timer);
    const good = exact.value && exact.validity.valid;
    if (!exact.value && exact.validity.valid) {
      if (isOver) { exact.value = shownDay; tellWrong(false); }
      return;
    }
    if (good && exact.value === shownDay) tellWrong(false);
    else if (good) choose(exact.value, true);
    else if (isOver) tellWrong(true);
    else timer = setTimeout(() => tellWrong(true), TYPING_MS);
  }
  exact.addEventListener("change", () => typed(false));
  exact.addEventListener("blur", () => typed(true));
  exact.addEventListener("keydown", (event) => { if (event.key === "Enter") typed(true); });
  back.addEventListener("click", () => { choose(stored, true); slider.focus(); });
  control.addEventListener("change", (event) => event.stopPropagation());
  map.on("geo:want", ({day}) => choose(day || stored, false));
  control.hidden = false;
  show(stored);
})();
