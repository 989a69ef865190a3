// The page: takes what is pasted or dropped, asks the worker, and shows the answer. All that is decided is decided in Python.

const $ = (id) => document.getElementById(`pg-${id}`);
const [form, text, kind, origin, response, preflight] = ["form", "text", "kind", "origin", "response", "preflight"].map($);
const BIG = 200_000; // characters of a text that the field shows without making the page slow
const LONGEST_LINK = 2_000_000; // characters that a link may unfold to
let files = []; // File objects, or {name, text} of a link
let worker = null;
let ready = null; // a promise: the worker can be asked
let asked = 0;
let link = null;

// The worker

function start() {
  // A worker from a blob has the policy of this page: it cannot reach another host either.
  const source = `import ${JSON.stringify(new URL("worker.js", location.href).href)};`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  worker = new Worker(address, { type: "module" });
  const loaded = new Promise((resolve) => {
    worker.onmessage = ({ data }) => {
      if (data.ready) resolve(data);
      else if (data.loading) loading(data.loading);
      else if (data.progress) working(data.progress);
      else if (data.id === asked) show(data);
    };
  });
  worker.onerror = (event) => {
    event.preventDefault();
    finished();
    problem("Python could not be started in this page. A current Chrome, Edge, Firefox or Safari can; extensions that block WebAssembly prevent it.");
  };
  return loaded.then(() => {
    document.documentElement.dataset.ready = "";
    if (!busy()) say("Ready.");
    navigator.serviceWorker?.controller?.postMessage("keep");
  });
}

function loading({ done, total }) {
  if (document.documentElement.dataset.ready === undefined) {
    say(`Loading Python and corsense: ${Math.round((100 * done) / total)} %`);
    bar(done, total);
  }
}

function working({ what, done, total }) {
  say(`${what}: ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`);
  bar(done, total);
}

const busy = () => !$("cancel").hidden;

async function ask() {
  asked += 1;
  const id = asked;
  $("cancel").hidden = false;
  $("result").hidden = true;
  link = null;
  $("link").hidden = true;
  const question = { kind: kind.value, text: text.value, origin: origin.value, response: response.value, preflight: preflight.value };
  const recording = files.find((file) => /\.har$/i.test(file.name) && file instanceof File) ?? null;
  try {
    if (!recording) question.files = await Promise.all(files.map(async (file) => [file.name, file.text instanceof Function ? await file.text() : file.text]));
  } catch {
    finished();
    return problem("A file can no longer be read; choose it again.");
  }
  await ready;
  if (id !== asked) return;
  say(recording ? `Reading ${recording.name}` : "Working");
  bar(0, 0);
  worker.postMessage({ id, question, recording });
}

function cancel() {
  asked += 1;
  if (worker) {
    worker.terminate();
    delete document.documentElement.dataset.ready;
    ready = start();
  }
  finished();
  say("Cancelled.");
}

function finished() {
  $("cancel").hidden = true;
  $("progress").hidden = true;
}

// The answer

async function show({ id, answer, failure }) {
  finished();
  if (failure) return problem(`corsense failed on this input, which is a fault of corsense: ${failure}`);
  const found = JSON.parse(answer);
  if (found.kind === "request") $("answers").open = true;
  if (found.problem) return problem(found.problem);
  say("");
  $("said").textContent = found.said;
  $("answer").replaceChildren(...markup(found.drawing));
  const printed = Object.entries(found.printed);
  $("documents").hidden = !printed.length;
  $("documents").lastElementChild.replaceChildren(...printed.flatMap(([command, document_]) => [element("h3", command), pre(document_)]));
  for (const block of [...$("result").querySelectorAll("pre")]) copyable(block);
  $("result").hidden = false;
  $("said").focus({ preventScroll: true });
  $("said").scrollIntoView({ block: "nearest" });
  const made = found.link && `#v1=${await packed(found.link)}`;
  if (id !== asked) return; // cleared, or asked again meanwhile
  link = made;
  $("link").hidden = !link;
  if (link) history.replaceState(null, "", link);
  else history.replaceState(null, "", location.pathname);
}

const TAGS = new Set("a b blockquote caption code dd desc details div dl dt h2 h3 h4 h5 li line mark ol p path polygon pre rect section span summary svg table tbody td text th thead title tr ul".split(" "));
const ATTRIBUTES = new Set("class id scope tabindex role open x y x1 y1 x2 y2 width height rx points d viewbox text-anchor colspan".split(" "));
const HREF = /^(?:#[\w-]+|\.\.\/reference\/[\w/-]*)$/;

// What Python draws has everything escaped. This takes over only what a drawing needs, whatever the text says.
function markup(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const taken = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.data)];
    if (node.nodeType !== Node.ELEMENT_NODE || !TAGS.has(node.localName.toLowerCase())) return [];
    const copy = document.createElementNS(node.namespaceURI, node.localName);
    for (const { name, value } of node.attributes) {
      const plain = name.toLowerCase();
      if (ATTRIBUTES.has(plain) || plain.startsWith("aria-") || (plain === "href" && HREF.test(value))) copy.setAttribute(name, value);
    }
    copy.append(...[...node.childNodes].flatMap(taken));
    return [copy];
  };
  return [...parsed.body.childNodes].flatMap(taken);
}

function element(name, content) {
  const made = document.createElement(name);
  made.textContent = content;
  return made;
}

function pre(content) {
  const made = element("pre", content);
  made.tabIndex = 0;
  return made;
}

function copyable(block) {
  const around = document.createElement("div");
  around.className = "copied";
  block.replaceWith(around);
  const button = element("button", "Copy");
  button.type = "button";
  button.className = "copy";
  button.addEventListener("click", () => copy(block.textContent, button));
  around.append(block, button);
}

async function copy(content, button) {
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(content);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => (button.textContent = before), 1500);
}

function say(words) {
  $("status").className = "";
  $("status").textContent = words;
}

function problem(words) {
  say(words);
  $("status").className = "problem";
  $("progress").hidden = true;
}

function bar(done, total) {
  const progress = $("progress");
  progress.hidden = false;
  if (total) progress.value = done / total;
  else progress.removeAttribute("value");
}

// Files

function take(chosen) {
  files = [...files.filter((file) => !chosen.some((other) => other.name === file.name)), ...chosen];
  list();
}

function list() {
  $("files").hidden = !files.length;
  $("files").replaceChildren(
    ...files.map((file) => {
      const item = element("li", `${file.name}${file.size ? `, ${Math.ceil(file.size / 1024).toLocaleString("en")} kB` : ""}`);
      const button = element("button", "×");
      button.type = "button";
      button.setAttribute("aria-label", `Remove ${file.name}`);
      button.addEventListener("click", () => {
        files = files.filter((other) => other !== file);
        list();
      });
      item.append(button);
      return item;
    }),
  );
}

// A recording is never shown: it holds cookies and tokens.
const isRecording = (pasted) => /^\s*\{/.test(pasted) && pasted.includes('"log"') && pasted.includes('"entries"');
const recorded = (content) => new File([content], "pasted.har");

text.addEventListener("paste", (event) => {
  const pasted = event.clipboardData?.getData("text") ?? "";
  if (isRecording(pasted) || pasted.length > BIG) {
    event.preventDefault();
    take([isRecording(pasted) ? recorded(pasted) : new File([pasted], "pasted.txt")]);
    ask();
  } else if (!text.value.trim()) setTimeout(ask);
});
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dropping");
});
addEventListener("dragleave", (event) => event.relatedTarget ?? document.body.classList.remove("dropping"));
addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dropping");
  if (event.dataTransfer.files.length) {
    take([...event.dataTransfer.files]);
    ask();
  }
});
$("file").addEventListener("change", () => {
  take([...$("file").files]);
  $("file").value = "";
  ask();
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  ask();
});
$("cancel").addEventListener("click", cancel);
$("clear").addEventListener("click", () => {
  if (busy()) cancel();
  asked += 1;
  fill({});
  $("result").hidden = true;
  $("link").hidden = true;
  history.replaceState(null, "", location.pathname);
  say("");
  text.focus();
});
$("link").addEventListener("click", () => link && copy(new URL(link, location.href).href, $("link")));
$("answer").addEventListener("click", (event) => {
  // Links within the answer must not replace the state in the address.
  const target = event.target.closest?.('a[href^="#"]');
  const goal = target && $("answer").querySelector(`[id="${target.getAttribute("href").slice(1)}"]`);
  if (!target) return;
  event.preventDefault();
  if (goal instanceof HTMLDetailsElement) goal.open = true;
  goal?.setAttribute("tabindex", "-1");
  goal?.focus();
  goal?.scrollIntoView();
});

// The state in the address: the question as JSON, deflated, in base64url

async function packed(state) {
  const stream = new Blob([JSON.stringify(state)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(bytes.reduce((all, byte) => all + String.fromCharCode(byte), "")).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function unpacked(fragment) {
  const bytes = Uint8Array.from(atob(fragment.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw")).pipeThrough(new TextDecoderStream()).getReader();
  let content = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return JSON.parse(content);
    content += value;
    if (content.length > LONGEST_LINK) throw new Error("too long");
  }
}

function fill(state) {
  const of = (name) => (typeof state[name] === "string" ? state[name] : "");
  [text.value, origin.value, response.value, preflight.value] = ["text", "origin", "response", "preflight"].map(of);
  kind.value = [...kind.options].some((option) => option.value === of("kind")) ? of("kind") : "";
  const pairs = Array.isArray(state.files) ? state.files.filter((pair) => Array.isArray(pair) && pair.length === 2) : [];
  files = pairs.map(([name, content]) => ({ name: String(name), text: String(content) }));
  if (isRecording(text.value)) {
    files = [recorded(text.value)];
    text.value = "";
  }
  $("answers").open = Boolean(response.value || preflight.value);
  list();
}

async function fromAddress() {
  const found = location.hash.match(/^#v1=([\w-]+)$/);
  if (!found) return;
  try {
    const state = await unpacked(found[1]);
    if (!state || typeof state !== "object") throw new Error("no state");
    fill(state);
    ask();
  } catch {
    problem("This link is damaged; copy the whole address.");
  }
}
addEventListener("hashchange", fromAddress);

// Examples

const EXAMPLES = [
  ["A red line of Chrome", { text: "Access to fetch at 'http://localhost:8000/api/users' from origin 'http://localhost:3000' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource." }],
  ["A red line of Firefox", { text: "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example.com/me. (Reason: Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’)." }],
  ["An app whose list has a slash", { text: 'from fastapi import FastAPI\nfrom fastapi.middleware.cors import CORSMiddleware\n\napp = FastAPI()\napp.add_middleware(\n    CORSMiddleware,\n    allow_origins=["http://localhost:3000/"],\n    allow_methods=["*"],\n)\n' }],
  ["A copied call with the headers of its preflight", { text: "curl 'http://localhost:8000/api/users' -H 'Origin: http://localhost:3000' -H 'Content-Type: application/json' --data-raw '{\"name\":\"Ada\"}'", preflight: "HTTP/1.1 405 Method Not Allowed\nallow: POST\ncontent-type: application/json" }],
  ["An nginx.conf that lets everyone in", { text: "server {\n    listen 443 ssl;\n    location /api/ {\n        add_header Access-Control-Allow-Origin *;\n        add_header Access-Control-Allow-Credentials true;\n        proxy_pass http://app:8000;\n    }\n}\n" }],
  ["A policy, and a page that it does not list", { text: 'Policy(\n    origins=["https://app.example.com", "https://*.preview.example.com"],\n    credentials=True,\n    request_headers=["Content-Type"],\n)', origin: "https://app.example.org" }],
];
$("examples").querySelector("ul").append(
  ...EXAMPLES.map(([name, state]) => {
    const button = element("button", name);
    button.type = "button";
    button.addEventListener("click", () => {
      fill(state);
      ask();
    });
    const item = document.createElement("li");
    item.append(button);
    return item;
  }),
);

// What was loaded once is kept, so that the page works without a network from then on.

async function kept() {
  if (!navigator.serviceWorker) return;
  const registered = navigator.serviceWorker.register("service-worker.js", { updateViaCache: "none" }).catch(() => null);
  if (navigator.serviceWorker.controller) return; // private windows of some browsers have none; the page works without
  const controlled = new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  const late = new Promise((resolve) => setTimeout(resolve, 1500));
  if (await registered) await Promise.race([controlled, late]);
}

say("Loading");
ready = kept().then(start);
$("ask").disabled = false;
await fromAddress();
