// What is chosen, shared by the list and the map through document events.

let chosen = { circuit: null, container: null };

export function current() {
  return chosen;
}

export function announce(name, detail) {
  document.dispatchEvent(new CustomEvent(`tournee:${name}`, { detail }));
}

/** Choose a circuit, a container, or nothing. `from` tells who asked, so that nobody answers themselves. */
export function select({ circuit = null, container = null, from }) {
  chosen = { circuit, container };
  announce("selection", { ...chosen, from });
}
