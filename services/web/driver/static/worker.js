// Keeps the driver's page, its scripts and pictures on the phone, so that the shift opens in flight mode.

const CACHE = "tournee-__BUILD__";
const KEPT = "__KEPT__";
const PAGE = "/chauffeur";
const LEAVE = "/deconnexion";
const PATIENCE_MS = 4000; // on a weak network the kept page is better than a white one

self.addEventListener("install", (event) => event.waitUntil(stockUp()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function stockUp() {
  const cache = await caches.open(CACHE);
  await cache.addAll(KEPT);
  const page = await fetch(PAGE);
  // Without a session there is no page to keep; the worker of the last build then stays on duty.
  if (!page.ok || page.redirected) throw new Error("no page to keep");
  await cache.put(PAGE, page);
  await self.skipWaiting();
}

async function takeOver() {
  for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
  await self.clients.claim();
}

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin === location.origin && event.request.method === "POST" && pathname === LEAVE) event.waitUntil(forget());
  if (origin !== location.origin || event.request.method !== "GET") return;
  if (event.request.mode === "navigate" && pathname === PAGE) event.respondWith(page(event));
  else if (pathname.startsWith("/static/")) event.respondWith(kept(event.request));
});

/** Whoever logs out leaves no circuit behind for whoever finds the phone. Reports that wait are the office's: they stay. */
async function forget() {
  for (const name of await caches.keys()) await (await caches.open(name)).delete(PAGE);
  await new Promise((resolve) => {
    const asking = indexedDB.open("tournee");
    asking.onerror = resolve;
    asking.onsuccess = () => {
      const database = asking.result;
      const done = () => resolve(database.close());
      if (!database.objectStoreNames.contains("kept")) return done();
      const transaction = database.transaction("kept", "readwrite");
      transaction.objectStore("kept").clear();
      transaction.oncomplete = transaction.onabort = done;
    };
  });
}

async function kept(request) {
  const found = await caches.match(request);
  if (found) return found;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}

async function page(event) {
  const fresh = fetch(event.request).then(async (answer) => {
    if (answer.ok && !answer.redirected) await (await caches.open(CACHE)).put(PAGE, answer.clone());
    return answer;
  });
  const silent = fresh.catch(() => null);
  event.waitUntil(silent);
  const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  const answer = await Promise.race([silent, patience]);
  // A server in trouble is no reason to lose the circuit: only what it says well replaces the kept page.
  if (answer && answer.status < 500) return answer;
  return (await caches.match(PAGE)) ?? fresh;
}
