// Changing the plan without leaving it: pages of changes open beside the list, Ctrl-Z takes back, focus stays where it was.

import { element, say } from "../words.js";
import { announce } from "./selection.js";

const dialog = element("dialog", { id: "sheet-dialog", "aria-labelledby": "sheet-title" });
document.body.append(dialog);

let opener = null; // what to go back to: an address survives the list being drawn anew, an element does not

function note(text) {
  announce("note", text);
}

function fill(html, address) {
  const sheet = new DOMParser().parseFromString(html, "text/html").getElementById("sheet");
  if (!sheet) return location.assign(address); // the session is over, or a page of another kind: go there
  sheet.querySelector(".brand")?.remove();
  sheet.querySelector("h1").id = "sheet-title";
  const close = element("button", { type: "button", class: "icon-button close", "aria-label": say("change_close"), onclick: () => dialog.close() }, "×"); // prettier-ignore
  const inner = element("div", { class: "sheet-page", tabindex: "-1" }, ...sheet.childNodes);
  dialog.replaceChildren(close, inner);
  if (!dialog.open) dialog.showModal();
  inner.focus();
}

async function open(address) {
  try {
    const answer = await fetch(address);
    if (!answer.ok) return location.assign(address);
    fill(await answer.text(), address);
  } catch {
    note(say("change_failed"));
  }
}

/** Send a form; what comes back is the plan's page (done), a page that asks (409), or one that says why not. */
async function send(form) {
  const buttons = form.querySelectorAll("button");
  for (const button of buttons) button.disabled = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
    if (answer.ok && answer.redirected) {
      if (dialog.open) dialog.close();
      announce("changed", new URL(answer.url));
      return note(say("change_done"));
    }
    show(await answer.text(), form.action);
  } catch {
    note(say("change_failed"));
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

/** A page that asks, or one that refuses: its words in the dialog. */
function show(html, address) {
  const page = new DOMParser().parseFromString(html, "text/html");
  if (page.getElementById("sheet")) return fill(html, address);
  const words = [page.querySelector("h1")?.textContent, page.querySelector("main p")?.textContent].filter(Boolean);
  if (!dialog.open) return note(words.join(". "));
  dialog.querySelector("[role=alert]")?.remove();
  const told = element("p", { class: "notice urgent", role: "alert" }, words.join(". "));
  dialog.querySelector("h1").after(told);
  told.scrollIntoView({ block: "nearest" });
}

function isOurs(form) {
  return form.method === "post" && new URL(form.action).pathname === "/operateur/changer";
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-sheet]");
  if (event.target.closest("a[data-close]") && dialog.open) {
    event.preventDefault();
    return dialog.close();
  }
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!dialog.open) opener = link.getAttribute("aria-label") ?? link.textContent;
  open(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (isOurs(form)) {
    event.preventDefault();
    return send(form);
  }
  if (form.method === "get" && dialog.contains(form)) {
    event.preventDefault();
    open(`${form.action}?${new URLSearchParams(new FormData(form))}`);
  }
});

dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());

/** The list may have been drawn anew since: find what opened the dialog by what it says. */
function focusOpener() {
  const links = [...document.querySelectorAll("#list a[data-sheet]")];
  const found = links.find((link) => (link.getAttribute("aria-label") ?? link.textContent) === opener);
  (found?.offsetParent ? found : document.getElementById("list")).focus();
}
dialog.addEventListener("close", focusOpener);
// The list was drawn anew, and what had the focus is gone with it.
document.addEventListener("tournee:panel", () => opener && document.activeElement === document.body && focusOpener());

addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || dialog.open) return;
  if (event.target.closest?.("input, textarea, select")) return; // there it takes back what was typed
  const key = event.key.toLowerCase();
  const wanted = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : null;
  const form = wanted && document.getElementById(wanted);
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});
