// A place chosen on the map is chosen in the table, and the other way; a row of another page is a link as without this.

const marks = new Map([...document.querySelectorAll("svg a.dot")].map((mark) => [mark.dataset.choose, mark]));
const rows = new Map([...document.querySelectorAll("tr[data-row]")].map((row) => [row.dataset.row, row]));

function choose(id, from) {
  for (const item of [...marks.values(), ...rows.values()]) item.classList.remove("chosen");
  const [mark, row] = [marks.get(id), rows.get(id)];
  mark.classList.add("chosen");
  mark.parentNode.append(mark); // over the others
  row.classList.add("chosen");
  if (from === "map") row.scrollIntoView({ block: "nearest" });
  const address = new URL(location.href);
  address.searchParams.set("choisi", id);
  history.replaceState(null, "", address);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-choose]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const id = link.dataset.choose;
  if (!marks.has(id) || !rows.has(id)) return; // on another page: the link leads there
  event.preventDefault();
  choose(id, link.closest("svg a") ? "map" : "table");
});

document.querySelector("tr.chosen")?.scrollIntoView({ block: "nearest" });
