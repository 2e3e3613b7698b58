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

/** Keep a report, and its word among those of the day; returns once both are on the phone's disk. */
export function put(entry, day) {
  return transact(["outbox", "kept"], "readwrite", (t) => {
    changeWords(t, day, (words) => [...words, entry.report]);
    return t.objectStore("outbox").add(entry);
  });
}

/** The driver's word is not meant: neither sent nor counted. */
export function takeBack(sequence, report, day) {
  return transact(["outbox", "kept"], "readwrite", (t) => {
    changeWords(t, day, (words) => words.filter((word) => word.id !== report.id));
    t.objectStore("outbox").delete(sequence);
    return null;
  });
}

function changeWords(transaction, day, change) {
  const kept = transaction.objectStore("kept");
  const asked = kept.get(`said/${day}`);
  asked.onsuccess = () => kept.put({ key: `said/${day}`, value: change(asked.result?.value ?? []) });
}

/** What this phone has said of a day, in the order in which it was said, whichever plan had asked. */
export async function wordsOf(day) {
  return (await recall(`said/${day}`)) ?? [];
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
