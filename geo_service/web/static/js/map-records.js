/* Records of maps: fields of features in the page's words, and layers that are drawn in full once one is near. */
(() => {
  "use strict";
  const DAY = /^\d{4}-\d{2}-\d{2}$/;

  /* A day as pages write it: 01.04.2028 or 1 Apr 2028. */
  GeoMap.day = (map, text) => {
    const german = map.geo.settings.language === "de";
    const parts = german ? {day: "2-digit", month: "2-digit", year: "numeric"} : {day: "numeric", month: "short", year: "numeric"};
    return new Date(`${text}T12:00:00`).toLocaleDateString(german ? "de-DE" : "en-GB", parts);
  };

  /* A value in the page's words: codes and days as pages write them. */
  function written(map, name, value) {
    const {texts, language, words} = map.geo.settings;
    if (Array.isArray(value)) return value.map((each) => written(map, name, each)).join(", ");
    const known = ((words || {})[name] || {})[value];
    if (known) return known;
    if (typeof value === "boolean") return value ? texts.yes : texts.no;
    if (typeof value === "number") return value.toLocaleString(language, {maximumFractionDigits: 2});
    return DAY.test(value) ? GeoMap.day(map, value) : value;
  }

  /* The known fields of a feature, with a link to its page. */
  GeoMap.featureContent = (map, feature) => {
    const {fields, texts} = map.geo.settings;
    const known = Object.entries(feature.properties).filter(([, value]) => value !== null && value !== "" && (typeof value !== "object" || (Array.isArray(value) && value.length))).slice(0, 12);
    const lines = known.map(([name, value]) => [(fields || {})[name] || name, written(map, name, value)]);
    const box = GeoMap.popupContent(map, [{title: String(feature.id), subtitle: "", lines}]);
    const link = GeoMap.textElement("a", "kern-link", texts.more);
    const {pathname} = window.location;
    link.href = pathname.endsWith("/items") ? `${pathname}/${encodeURIComponent(feature.id)}?f=html` : `${pathname}?f=html`;
    box.append(link);
    return box;
  };

  /* From the zoom level `near` on what the view needs is fetched as exact as it shows; before, the whole as from afar. */
  GeoMap.nearer = (map, spec, whole, draw) => {
    let full = null, turn = 0;
    const covers = (zoom) => full && full.zoom >= zoom && full.box.contains(map.getBounds());
    async function follow() {
      const mine = ++turn, zoom = Math.floor(map.getZoom());
      if (zoom < spec.extra.near) {
        if (full) draw(whole);
        full = null;
        return;
      }
      if (!map.geo.layers.get(spec.key).on || covers(zoom)) return;
      const box = map.getBounds().pad(0.5);
      const corners = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((degrees) => degrees.toFixed(5));
      try {
        const answer = await fetch(`${spec.url}?bbox=${corners.join(",")}&zoom=${Math.min(zoom, 18)}`);
        if (!answer.ok) throw new Error(`${spec.url}: ${answer.status}`);
        const part = await answer.json();
        if (mine !== turn) return;
        full = {box, zoom};
        draw(part);
      } catch {
        if (mine === turn) map.fire("geo:failed", {key: spec.key, part: true});
      }
    }
    map.on("moveend", follow);
    follow();
  };
})();
