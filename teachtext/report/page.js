"use strict";

// A click on a column's name sorts the models of each section by it; a second click reverses.
const cellValue = (row, column) => {
  const cell = row.cells[column];
  const number = Number.parseFloat(cell.dataset.value);
  return Number.isNaN(number) ? cell.textContent.trim() : number;
};
const inOrder = (a, b) => (typeof a === "number" ? a - b : String(a).localeCompare(String(b)));

for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const order = heading.ariaSort === "descending" ? "ascending" : "descending";
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      for (const body of table.tBodies) {
        const rows = [...body.rows].filter((row) => !row.classList.contains("section"));
        rows.sort((a, b) => sign * inOrder(cellValue(a, column), cellValue(b, column)));
        body.append(...rows);
      }
    });
  });
}

// Pointing at a model in a legend fades the other models in all plots.
const drawn = [...document.querySelectorAll(".plot g[id]")].filter((group) =>
  /-(line|band|mark)-m\d+$/.test(group.id),
);
const highlight = (key) => {
  for (const group of drawn) {
    group.classList.toggle("faded", key !== null && !group.id.endsWith(`-${key}`));
  }
};
for (const item of document.querySelectorAll(".legend [data-key]")) {
  item.addEventListener("mouseenter", () => highlight(item.dataset.key));
  item.addEventListener("mouseleave", () => highlight(null));
  item.addEventListener("focus", () => highlight(item.dataset.key));
  item.addEventListener("blur", () => highlight(null));
}
