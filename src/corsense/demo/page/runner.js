// A page of this origin: makes the requests that it is asked for, and tells what its script saw.
"use strict";

const EXCERPT = 300;

async function runRequest({ url, options }) {
  try {
    const response = await fetch(url, options);
    const headers = Object.fromEntries(response.headers);
    const body = (await response.text()).slice(0, EXCERPT);
    return { allowed: true, status: response.status, headers, body };
  } catch (error) {
    return { allowed: false, error: String(error) };
  }
}

// Only the demo's own page may ask: the same port of localhost.
const asker = `http://localhost:${location.port}`;

window.addEventListener("message", async (event) => {
  if (event.origin !== asker || event.source !== window.parent) return;
  const { id, request } = event.data;
  window.parent.postMessage({ id, saw: await runRequest(request) }, asker);
});

if (window.parent !== window) window.parent.postMessage({ ready: true }, asker);
