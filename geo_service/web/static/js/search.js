/* The search box: suggestions while typing, by mouse or keyboard (combobox pattern of WAI-ARIA). */
(() => {
  "use strict";
  const DELAY_MS = 180;
  const MIN_CHARACTERS = 2;

  function setUp(form) {
    const input = form.querySelector("input[role=combobox]");
    const list = form.querySelector("[role=listbox]");
    const status = form.querySelector("[data-search-status]");
    const kinds = JSON.parse(form.dataset.kinds);
    const called = (item) => document.documentElement.lang === "en" ? item.label_en : item.label;
    let timer = 0, asked = 0, active = -1, items = [];

    const close = () => {
      list.hidden = true; active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (index) => {
      active = index;
      [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === index)));
      if (index >= 0) {
        input.setAttribute("aria-activedescendant", list.children[index].id);
        list.children[index].scrollIntoView({block: "nearest"});
      } else input.removeAttribute("aria-activedescendant");
    };
    const choose = (index) => {
      const item = items[index];
      if (!item) return;
      close();
      input.value = called(item);
      const taken = !form.dispatchEvent(new CustomEvent("geo:choose", {detail: item, bubbles: true, cancelable: true}));
      if (!taken) window.location.assign(item.link);
    };
    const show = (found) => {
      items = found;
      list.replaceChildren(...items.map((item, index) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${index}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.append(called(item));
        const kind = document.createElement("span");
        kind.className = "search-kind";
        kind.textContent = [kinds[item.kind] || item.kind, item.detail].filter(Boolean).join(" · ");
        option.append(kind);
        option.addEventListener("mousedown", (event) => { event.preventDefault(); choose(index); });
        return option;
      }));
      list.hidden = items.length === 0;
      input.setAttribute("aria-expanded", String(items.length > 0));
      status.textContent = items.length === 0 ? form.dataset.none
        : items.length === 1 ? form.dataset.countOne : form.dataset.countMany.replace("{n}", String(items.length));
      mark(-1);
    };
    const ask = async () => {
      const text = input.value.trim();
      const turn = ++asked;
      if (text.length < MIN_CHARACTERS) { close(); status.textContent = ""; return; }
      try {
        const answer = await fetch(`/api/search?limit=8&q=${encodeURIComponent(text)}`, {headers: {accept: "application/json"}});
        if (!answer.ok || turn !== asked) return;
        const found = await answer.json();
        if (turn === asked) show(found.results);
      } catch { close(); }
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, DELAY_MS); });
    input.addEventListener("blur", () => setTimeout(close, 150));
    input.addEventListener("keydown", (event) => {
      const open = !list.hidden;
      if (event.key === "ArrowDown" && open) { event.preventDefault(); mark((active + 1) % items.length); }
      else if (event.key === "ArrowUp" && open) { event.preventDefault(); mark((active - 1 + items.length) % items.length); }
      else if (event.key === "Escape") { if (open) event.preventDefault(); close(); }
      else if (event.key === "Enter" && open && active >= 0) { event.preventDefault(); choose(active); }
    });
  }
  document.querySelectorAll("form[data-search]").forEach(setUp);
})();
