// Keeps the files of the playground, so that it opens at once and without a network. scripts/docs fills in the version and the files.

const VERSION = "{version}";
const FILES = ["{files}"];
const NAME = `corsense-playground-${VERSION}`;
const scope = new URL(registration.scope);

addEventListener("install", () => skipWaiting());

addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) {
        if (name.startsWith("corsense-playground-") && name !== NAME) await caches.delete(name);
      }
      await clients.claim();
    })(),
  );
});

// The page asks for this once everything is loaded: what went past this worker is kept too.
addEventListener("message", (event) => {
  if (event.data !== "keep") return;
  event.waitUntil(
    (async () => {
      const cache = await caches.open(NAME);
      const missing = [];
      for (const file of FILES) if (!(await cache.match(new URL(file, scope)))) missing.push(new URL(file, scope));
      await cache.addAll(missing);
    })(),
  );
});

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const file = url.pathname.slice(scope.pathname.length);
  if (event.request.method !== "GET" || url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  if (file !== "" && !FILES.includes(file)) return;
  event.respondWith(
    (async () => {
      const cache = await caches.open(NAME);
      const address = new URL(file || "index.html", scope);
      const known = await cache.match(address);
      if (known) return known;
      const response = await fetch(event.request);
      if (response.ok) event.waitUntil(cache.put(address, response.clone()));
      return response;
    })(),
  );
});
