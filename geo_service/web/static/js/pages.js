/* Small helps on all pages: short addresses from forms, filters folded on a phone. */
(() => {
  "use strict";
  /* Leave empty fields out of the address. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.hasAttribute("data-trim")) return;
    const emptied = [...form.elements].filter((field) => field.name && !field.disabled && field.value === "");
    emptied.forEach((field) => { field.disabled = true; });
    setTimeout(() => emptied.forEach((field) => { field.disabled = false; }), 0);
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const data = event.detail.formData;
    if (!data || typeof data.entries !== "function") return;
    [...data.entries()].filter(([, value]) => value === "").forEach(([name]) => data.delete(name));
  });
  /* A filter is a sheet on a phone: folded until wanted, or until something in it is wrong. */
  if (window.matchMedia("(max-width: 860px)").matches) {
    document.querySelectorAll("details[data-sheet]").forEach((sheet) => {
      sheet.open = sheet.querySelector(".field-error") !== null;
    });
  }
})();
