"use strict";
// Values under the pointer: the nearest point of a picture within reach.
for (const figure of document.querySelectorAll("figure")) {
  const svg = figure.querySelector("svg");
  const points = JSON.parse(figure.querySelector("script").textContent);
  if (!svg || points.length === 0) continue;
  const tip = document.createElement("div");
  const dot = document.createElement("div");
  tip.className = "tip";
  dot.className = "dot";
  const hide = () => { tip.remove(); dot.remove(); };
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const x = (event.clientX - box.left) / scale, y = (event.clientY - box.top) / scale;
    let best = null, reach = 40 * 40;
    for (const p of points) {
      const d = (p[0] - x) ** 2 + (p[1] - y) ** 2;
      if (d < reach) { best = p; reach = d; }
    }
    if (!best) return hide();
    const outer = figure.getBoundingClientRect();
    const left = box.left - outer.left + best[0] * scale, top = box.top - outer.top + best[1] * scale;
    tip.textContent = best[2];
    dot.style.left = left + "px";
    dot.style.top = top + "px";
    figure.append(dot, tip);
    tip.style.left = Math.max(0, Math.min(left + 12, outer.width - tip.offsetWidth)) + "px";
    tip.style.top = Math.max(0, top - tip.offsetHeight - 12) + "px";
  });
}
// Sorting: a click on the head of a column, down first, since the tail matters.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((h) => h.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].dataset.key;
      const rows = [...body.rows].sort((a, b) => {
        const p = key(a), q = key(b);
        if (p === "" || q === "") return (p === "") - (q === "");
        const order = isNaN(p) || isNaN(q) ? p.localeCompare(q) : p - q;
        return down ? -order : order;
      });
      body.append(...rows);
    });
  });
}
