// Before anything is shown: where the page's script will run, the long list for browsers without it stays hidden.
// A script that does not come, or fails, gives the list back.

const PATIENCE_MS = 15000;

if ("noModule" in HTMLScriptElement.prototype && "indexedDB" in window) {
  document.documentElement.classList.add("opening");
  setTimeout(() => document.documentElement.classList.remove("opening"), PATIENCE_MS);
}
