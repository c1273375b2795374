/* Small helps on all pages: short addresses from forms, filters folded on a phone. */
(() => {
  "use strict";
  /* Leave empty fields out of the address, and columns that are the usual ones. */
  const usualColumns = (form) => {
    const columns = [...form.elements].filter((field) => field.name === "column");
    return columns.every((field) => field.checked === field.hasAttribute("data-usual")) ? columns : [];
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-trim")) return;
    const emptied = [...form.elements]
      .filter((field) => field.name && !field.disabled && field.value === "")
      .concat(usualColumns(form));
    emptied.forEach((field) => { field.disabled = true; });
    setTimeout(() => emptied.forEach((field) => { field.disabled = false; }), 0);
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const data = event.detail.formData;
    if (!data || typeof data.entries !== "function") return;
    [...data.entries()].filter(([, value]) => value === "").forEach(([name]) => data.delete(name));
    const form = event.detail.elt;
    if (form instanceof HTMLFormElement && usualColumns(form).length) data.delete("column");
  });
  /* Enter in a field changes it and sends the form: one step back leads before both. */
  document.addEventListener("htmx:beforeHistoryUpdate", (event) => {
    const update = event.detail.history;
    if (update.path === window.location.pathname + window.location.search) update.type = "replace";
  });
  /* What is wrong with a field of a filter stands beside it, also when only the list was loaded anew. */
  document.addEventListener("htmx:afterSwap", (event) => {
    const told = event.detail.target.querySelector("[data-faults]");
    const form = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (!told || !(form instanceof HTMLFormElement)) return;
    form.querySelectorAll(".field-error").forEach((fault) => fault.remove());
    form.querySelectorAll("[aria-invalid]").forEach((field) => {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
      field.classList.remove("kern-form-input__input--error");
    });
    told.querySelectorAll("[data-field]").forEach((fault) => {
      const field = form.elements[fault.dataset.field];
      const first = field instanceof RadioNodeList ? field[0] : field;
      if (!first) return;
      const shown = document.createElement("p");
      shown.className = "field-error";
      shown.id = `${fault.dataset.field}-error`;
      shown.textContent = fault.textContent;
      first.setAttribute("aria-invalid", "true");
      first.setAttribute("aria-describedby", shown.id);
      (first.closest(".kern-form-input, .kern-fieldset") || form).append(shown);
    });
  });
  /* A list that was sorted by a heading stands so in the choice of its filter, too. */
  document.addEventListener("htmx:afterSwap", (event) => {
    const sorted = event.detail.target.querySelector("[data-sorted]");
    const choice = document.querySelector("form.filter select[name=sort]");
    if (sorted && choice) choice.value = sorted.dataset.sorted;
  });
  /* A filter is a sheet on a phone: folded until wanted, or until something in it is wrong. */
  if (window.matchMedia("(max-width: 860px)").matches) {
    document.querySelectorAll("details[data-sheet]").forEach((sheet) => {
      sheet.open = sheet.querySelector(".field-error:not([hidden])") !== null;
    });
  }

  /* On paper all that is folded is unfolded, and each map is its picture, scaled to a sheet of A4. */
  const SHEET = {"--map-upright": [700, 560], "--map-across": [1030, 600], "--map-beside": [750, 580]};
  let unfolded = [];
  window.addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("main details:not([open], .filter-panel, .column-choice, :has([hx-trigger^=toggle]))")];
    unfolded.forEach((part) => { part.open = true; });
    document.querySelectorAll(".folium-map").forEach((map) => {
      const {clientWidth: width, clientHeight: height} = map;
      map.style.setProperty("--map-width", `${width}px`);
      map.style.setProperty("--map-height", `${height}px`);
      for (const [name, [across, down]] of Object.entries(SHEET)) map.style.setProperty(name, Math.min(across / width, down / height, 1.25).toFixed(3));
    });
  });
  window.addEventListener("afterprint", () => { unfolded.forEach((part) => { part.open = false; }); });
})();
