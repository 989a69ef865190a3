"""The page in which requests are made: its HTML, and the call that makes one."""

from __future__ import annotations

import base64
import json
from typing import Any

from corsense.fetch import FetchRequest

PATH = "/.corsense/page"
"""Where the stage serves the page, on every origin."""
OPAQUE_PATH = "/.corsense/opaque-page"
"""The same page in a sandbox, which makes its origin opaque."""
HOME = "http://opaque.corsense.test"
"""Where a page of an opaque origin is served from: a reserved name (RFC 2606)."""

INITIATORS = frozenset({"fetch", "xhr", "eventsource"})
"""The kinds of request that the page can make (`FetchRequest.initiator`)."""


def page_url(origin: str) -> str:
    """The address of the page of an origin; an opaque one is `"null"`."""
    return HOME + OPAQUE_PATH if origin == "null" else origin + PATH


def call(request: FetchRequest, limit: float) -> str:
    """The JavaScript expression that makes `request` in the page: a promise of a JSON text (`allowed`, `status`, `headers`). It
    is given up after `limit` seconds."""
    body = request.body
    asked: dict[str, Any] = {
        "initiator": request.initiator,
        "url": request.url,
        "method": request.method,
        "headers": [list(line) for line in request.headers],
        "credentials": request.credentials,
        "mode": request.mode,
        "redirect": request.redirect,
        "cache": request.cache,
        "upload": request.upload_listeners,
        "text": body if isinstance(body, str) else None,
        "bytes": base64.b64encode(body).decode() if isinstance(body, bytes) else None,
        "limit": int(limit * 1000),
    }
    return f"corsense({json.dumps(asked)})"


HTML = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>corsense</title></head><body>
<script>
'use strict';
function bodyOf(asked) {
  if (asked.text !== null) return asked.text;
  if (asked.bytes !== null) return Uint8Array.from(atob(asked.bytes), c => c.charCodeAt(0));
  return undefined;
}
async function byFetch(asked) {
  const {method, headers, credentials, mode, redirect, cache} = asked;
  const init = {method, headers, credentials, mode, redirect, body: bodyOf(asked)};
  if (cache !== 'default') init.cache = cache;
  let answer;
  try { answer = await fetch(asked.url, init); } catch (error) { return {allowed: false, thrown: String(error)}; }
  const names = [...answer.headers.keys()];
  try { await answer.text(); } catch (error) { /* the headers have decided */ }
  return {allowed: true, status: answer.status, headers: names};
}
function byXhr(asked) {
  return new Promise(done => {
    const xhr = new XMLHttpRequest();
    let loaded = false;
    xhr.onload = () => { loaded = true; };
    xhr.onloadend = () => setTimeout(() => {
      const names = xhr.getAllResponseHeaders().split('\\r\\n').filter(Boolean).map(line => line.split(':')[0]);
      done(loaded ? {allowed: true, status: xhr.status, headers: names} : {allowed: false});
    }, 0);
    xhr.responseType = 'text';  // else Firefox reads the body as XML, and complains
    if (asked.upload) xhr.upload.onprogress = () => {};
    try {
      xhr.open(asked.method, asked.url);
      xhr.withCredentials = asked.credentials === 'include';
      for (const [name, value] of asked.headers) xhr.setRequestHeader(name, value);
      xhr.send(bodyOf(asked));
    } catch (error) { done({allowed: false, thrown: String(error)}); }
  });
}
function byEventSource(asked) {
  return new Promise(done => {
    let source;
    try { source = new EventSource(asked.url, {withCredentials: asked.credentials === 'include'}); }
    catch (error) { done({allowed: false, thrown: String(error)}); return; }
    const end = allowed => { source.close(); done({allowed, status: null, headers: []}); };
    source.onopen = () => end(true);
    // A little later: closing it at once silences what the console has still to say.
    source.onerror = () => setTimeout(() => end(false), 100);
  });
}
function corsense(asked) {
  const by = {fetch: byFetch, xhr: byXhr, eventsource: byEventSource}[asked.initiator];
  const late = new Promise(done => setTimeout(() => done({allowed: false, late: true}), asked.limit));
  return Promise.race([by(asked), late]).then(JSON.stringify);
}
</script></body></html>
"""
