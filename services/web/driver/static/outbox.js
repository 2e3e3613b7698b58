// What the crew reported and the office has not yet taken: in IndexedDB, so that it outlives reloads and flat batteries.

const NAME = "tournee";
const STORES = { outbox: "sequence", refused: "sequence", kept: "key" };

let opening = null;

function open() {
  opening ??= new Promise((resolve, reject) => {
    const asking = indexedDB.open(NAME, 1);
    asking.onupgradeneeded = () => {
      for (const [store, keyPath] of Object.entries(STORES)) {
        asking.result.createObjectStore(store, { keyPath, autoIncrement: store === "outbox" });
      }
    };
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(asking.error);
  });
  return opening;
}

async function transact(stores, mode, work) {
  const database = await open();
  return new Promise((resolve, reject) => {
    // Strict: "noted" is said only when it would survive a pulled battery.
    const transaction = database.transaction(stores, mode, { durability: "strict" });
    let asked = null;
    transaction.oncomplete = () => resolve(asked?.result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error);
    asked = work(transaction);
  });
}

/** Keep a report; returns once it is on the phone's disk. */
export function put(entry) {
  return transact(["outbox"], "readwrite", (t) => t.objectStore("outbox").add(entry));
}

/** All reports in the order in which they were made. */
export function list() {
  return transact(["outbox"], "readonly", (t) => t.objectStore("outbox").getAll());
}

export function listRefused() {
  return transact(["refused"], "readonly", (t) => t.objectStore("refused").getAll());
}

/** Forget reports that the office has confirmed, or that the driver takes back. */
export function forget(sequences) {
  return transact(["outbox"], "readwrite", (t) => {
    sequences.forEach((sequence) => t.objectStore("outbox").delete(sequence));
    return null;
  });
}

/** Set reports aside that the office cannot read: never lost, and not in the way of the others. */
export function setAside(entries) {
  return transact(["outbox", "refused"], "readwrite", (t) => {
    for (const entry of entries) {
      t.objectStore("refused").put(entry);
      t.objectStore("outbox").delete(entry.sequence);
    }
    return null;
  });
}

export async function recall(key) {
  const found = await transact(["kept"], "readonly", (t) => t.objectStore("kept").get(key));
  return found?.value ?? null;
}

export function keep(key, value) {
  return transact(["kept"], "readwrite", (t) => t.objectStore("kept").put({ key, value }));
}
