{
// Each column's name becomes a button that sorts the rows within their groups: up, down, and as they were.
const said = document.getElementById("sorted");
const numbers = new Intl.Collator("en", { numeric: true });
const next = { none: "descending", descending: "ascending", ascending: "none" };
function valueOf(row, column) {
  const cell = row.cells[column];
  if (cell.dataset.value !== undefined) return Number(cell.dataset.value);
  const text = cell.textContent.trim().replaceAll("−", "-").replaceAll(",", "");
  const found = /^[<≥]?([+-]?\d+(\.\d+)?(e[+-]?\d+)?)/.exec(text);
  return found ? Number(found[1]) : text;
}
function compare(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  // A dash, which stands for no value, comes last upwards.
  if (typeof one !== typeof other) return typeof one === "number" ? -1 : 1;
  return numbers.compare(one, other);
}
for (const table of document.querySelectorAll("table.sortable")) {
  const headers = [...table.tHead.rows[0].cells];
  const original = new Map([...table.tBodies].map((body) => [body, [...body.rows]]));
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    if (!button.textContent) button.setAttribute("aria-label", `column ${column + 1}`);
    header.append(button);
    header.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const way = next[header.getAttribute("aria-sort")];
      headers.forEach((each) => each.setAttribute("aria-sort", "none"));
      header.setAttribute("aria-sort", way);
      for (const [body, rows] of original) {
        const fixed = rows.filter((row) => row.classList.contains("group"));
        const moved = rows.filter((row) => !row.classList.contains("group"));
        if (way !== "none") {
          moved.sort((a, b) => compare(valueOf(a, column), valueOf(b, column)));
          if (way === "descending") moved.reverse();
        }
        body.append(...fixed, ...moved);
      }
      const name = button.textContent || `column ${column + 1}`;
      said.textContent = way === "none" ? "In the first order." : `Sorted by ${name}, ${way}.`;
    });
  });
}
// A link to a folded section opens it; paper shows all of them.
function unfold() {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  const inside = target.querySelector(":scope > details");
  if (inside) inside.open = true;
  for (let own = target.closest("details"); own; own = own.parentElement.closest("details")) own.open = true;
  target.scrollIntoView();
}
addEventListener("hashchange", unfold);
unfold();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((own) => own.open = true));
}
