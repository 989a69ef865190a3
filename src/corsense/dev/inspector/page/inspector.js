// The inspector's page: the list of requests as it grows, and what is known of the chosen one. All that is decided is decided in Python.

const find = (id) => document.getElementById(id);
const LATE = 800; // milliseconds without a connection, after which the page says so
const AGAIN = 2000; // milliseconds until the next attempt, where the browser makes none itself
const SETTLED = 700; // milliseconds in which news are gathered, to be read out once
const VERDICTS = ["blocked", "hidden", "allowed", "waiting"];

const calls = new Map(); // what the list shows, by number
let held = null; // what came while the list is paused
let source = null;
let token = "";
let lastId = "";
let late = 0;
let isFilled = false;
let chosen = null; // the number of the chosen request
let began = 0; // when it began: numbers start again with the server
let shown = ""; // the details that are drawn, as they came
let asked = null; // aborts the question for details that is under way

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// What Python draws has everything escaped. This takes over only what a drawing needs, whatever the text says.

const TAGS = new Set("a b blockquote code dd details div dl dt em h3 h4 h5 li line mark ol p path polygon pre rect section span strong summary svg text title desc ul".split(" "));
const ATTRIBUTES = new Set("class id tabindex role open x y x1 y1 x2 y2 width height rx points d viewbox text-anchor".split(" "));
const own = globalThis.trustedTypes?.createPolicy("corsense", { createHTML: (html) => html }) ?? { createHTML: (html) => html };

function drawn(html) {
  const parsed = new DOMParser().parseFromString(own.createHTML(html), "text/html");
  const taken = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return [document.createTextNode(node.data)];
    if (node.nodeType !== Node.ELEMENT_NODE || !TAGS.has(node.localName.toLowerCase())) return [];
    const copy = document.createElementNS(node.namespaceURI, node.localName);
    for (const { name, value } of node.attributes) {
      const plain = name.toLowerCase();
      if (ATTRIBUTES.has(plain) || plain.startsWith("aria-") || (plain === "href" && /^https?:\/\//.test(value))) copy.setAttribute(name, value);
    }
    if (copy.localName === "a") for (const [name, value] of [["target", "_blank"], ["rel", "noopener noreferrer"]]) copy.setAttribute(name, value);
    copy.append(...[...node.childNodes].flatMap(taken));
    return [copy];
  };
  return [...parsed.body.childNodes].flatMap(taken);
}

// The connection

function connect() {
  source?.close();
  source = new EventSource(`events?after=${encodeURIComponent(lastId)}`);
  source.addEventListener("hello", ({ data }) => hello(JSON.parse(data)));
  source.addEventListener("calls", ({ data, lastEventId }) => {
    lastId = lastEventId;
    take(JSON.parse(data));
  });
  source.addEventListener("error", () => {
    late ||= setTimeout(() => state("restarting", "The server is restarting…"), LATE);
    if (source.readyState === EventSource.CLOSED) closed();
  });
}

// The browser connects again by itself, except where something answered that is no stream of events.
async function closed() {
  const why = await reason();
  if (why) {
    clearTimeout(late);
    late = -1;
    state("lost", why);
  }
  setTimeout(connect, AGAIN);
}

async function reason() {
  const control = new AbortController();
  try {
    const response = await fetch("events", { signal: control.signal });
    if (!response.ok) return await problemOf(response);
    control.abort();
  } catch {
    // Nobody answers: the server is restarting.
  }
  return null;
}

async function problemOf(response) {
  try {
    return (await response.json()).problem ?? `The server answers with status ${response.status}.`;
  } catch {
    return `The server answers with status ${response.status}.`;
  }
}

function hello({ token: given, target, again }) {
  clearTimeout(late);
  late = 0;
  token = given;
  find("target").textContent = target;
  state("live", "Live");
  problem("");
  if (again) return;
  isFilled = false; // another run of the server: everything comes anew
  if (held) held = nothingHeld();
  calls.clear();
  find("list").replaceChildren();
  filter();
  drawPause();
}

function state(kind, words) {
  const place = find("state");
  place.className = `state ${kind}`;
  if (place.textContent !== words) place.textContent = words;
}

// The list

function take({ calls: lines, oldest }) {
  if (!held) return show(lines, oldest);
  for (const line of lines) held.lines.set(line.number, line);
  for (const number of held.lines.keys()) if (oldest === null || number < oldest) held.lines.delete(number);
  held.oldest = oldest;
  held.came = true;
  return drawPause();
}

function show(lines, oldest) {
  const fresh = lines.filter((line) => !calls.has(line.number));
  for (const number of [...calls.keys()]) if (oldest === null || number < oldest) drop(number);
  for (const line of [...lines].sort((one, other) => one.number - other.number)) if (oldest !== null && line.number >= oldest) put(line);
  listPages();
  filter();
  if (isFilled) announce(fresh);
  isFilled = true;
  keepChosen(lines);
}

function put(line) {
  calls.set(line.number, line);
  const before = find(`call-${line.number}`);
  if (before) {
    before.replaceChildren(...content(line));
    return;
  }
  const button = make("button", { type: "button", id: `call-${line.number}`, tabindex: "-1", on: { click: () => choose(line.number, { isClicked: true }) } }, ...content(line));
  button.dataset.number = line.number;
  const item = make("li", {}, button);
  const list = find("list");
  const follower = [...list.children].find((other) => Number(other.firstElementChild.dataset.number) < line.number);
  list.insertBefore(item, follower ?? null);
}

function drop(number) {
  calls.delete(number);
  find(`call-${number}`)?.parentElement.remove();
}

function badge({ verdict, sign }) {
  return make("span", { class: `verdict ${verdict}` }, make("span", { "aria-hidden": "true" }, sign), ` ${verdict}`);
}

const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });

function content(line) {
  const status = line.status ?? "no answer";
  return [
    make("span", { class: "asked" }, `${line.method} ${line.address}`), " ", badge(line), " ",
    make("span", { class: "about" }, `${clock(line.began)}, ${line.page}, ${line.browser}, ${status}`),
    line.title ? make("span", { class: "why" }, ` ${line.title}`) : null,
  ];
}

function listPages() {
  const select = find("page");
  const pages = [...new Set([...calls.values()].map((line) => line.page))].sort();
  const before = [...select.options].slice(1).map((option) => option.value);
  if (pages.join("\n") === before.join("\n")) return;
  const value = select.value;
  const kept = value && !pages.includes(value) ? [...pages, value] : pages;
  select.replaceChildren(select.options[0], ...kept.map((page) => make("option", { value: page }, page)));
  select.value = value;
}

function matches(line) {
  const text = `${line.method} ${line.address} ${line.page} ${line.browser} ${line.status ?? ""} ${line.verdict} ${line.title ?? ""}`.toLowerCase();
  const words = find("text").value.toLowerCase().split(/\s+/);
  const [verdict, page] = [find("verdict").value, find("page").value];
  return words.every((word) => text.includes(word)) && (!verdict || line.verdict === verdict) && (!page || line.page === page);
}

function filter() {
  let visible = 0;
  for (const line of calls.values()) {
    const fits = matches(line);
    find(`call-${line.number}`).parentElement.hidden = !fits;
    visible += fits ? 1 : 0;
  }
  find("empty").hidden = calls.size > 0;
  find("filtered").hidden = !calls.size || visible > 0;
  find("requests-name").textContent = visible === calls.size ? `Requests (${calls.size})` : `Requests (${visible} of ${calls.size})`;
  rove();
}

const visibleButtons = () => [...find("list").querySelectorAll("li:not([hidden]) > button")];

// One button of the list is reached with Tab, the others from it with the arrow keys.
function rove() {
  const buttons = visibleButtons();
  const current = buttons.find((button) => button === document.activeElement) ?? buttons.find((button) => Number(button.dataset.number) === chosen) ?? buttons[0];
  for (const button of find("list").querySelectorAll("button")) button.tabIndex = button === current ? 0 : -1;
}

find("list").addEventListener("keydown", (event) => {
  const buttons = visibleButtons();
  const here = buttons.indexOf(document.activeElement);
  const goal = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (here < 0 || goal === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const next = buttons[Math.max(0, Math.min(buttons.length - 1, goal))];
  next.focus();
  choose(Number(next.dataset.number));
});

let gathered = [];
let announcing = 0;

function announce(fresh) {
  gathered.push(...fresh.map((line) => line.number));
  if (gathered.length && !announcing) announcing = setTimeout(() => {
    const lines = gathered.map((number) => calls.get(number)).filter(Boolean);
    const counted = VERDICTS.map((verdict) => [lines.filter((line) => line.verdict === verdict).length, verdict]).filter(([count]) => count);
    if (lines.length === 1) say(`New request: ${lines[0].method} ${lines[0].address}, ${lines[0].verdict}.`);
    else if (lines.length) say(`${lines.length} new requests: ${counted.map(([count, verdict]) => `${count} ${verdict}`).join(", ")}.`);
    gathered = [];
    announcing = 0;
  }, SETTLED);
}

function say(words) {
  find("said").textContent = words;
}

// The chosen request

function choose(number, { isClicked = false } = {}) {
  chosen = number;
  began = calls.get(number)?.began ?? 0;
  mark();
  rove();
  details({ goThere: isClicked && matchMedia("(max-width: 60rem)").matches });
}

function mark() {
  for (const button of find("list").querySelectorAll("button")) {
    if (Number(button.dataset.number) === chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

// The chosen request changed, or is gone: the details stay, since people may be reading them.
function keepChosen(lines) {
  if (chosen === null) return;
  if (calls.get(chosen)?.began !== began) {
    chosen = null;
    shown = "";
    for (const button of find("details").querySelectorAll(".apply button")) button.disabled = true;
  } else if (lines.some((line) => line.number === chosen)) details();
  mark();
}

async function details({ goThere = false } = {}) {
  asked?.abort();
  const control = (asked = new AbortController());
  let text;
  try {
    text = await (await ask(`calls/${chosen}`, { signal: control.signal })).text();
  } catch (error) {
    if (asked === control) problem(error.message);
    return;
  }
  if (asked !== control) return;
  problem("");
  if (text !== shown) {
    shown = text;
    draw(JSON.parse(text));
  }
  if (goThere) {
    find("details").scrollIntoView();
    find("details-name").focus({ preventScroll: true });
  }
}

function draw(call) {
  const place = find("details");
  const focused = place.contains(document.activeElement) ? document.activeElement.id : null;
  const parts = [
    make("button", { type: "button", class: "plain back", on: { click: () => find(`call-${chosen}`)?.focus() } }, "Back to the list"),
    make("h2", { id: "details-name", tabindex: "-1" }, `${call.method} ${call.address}`),
    make("p", {}, badge(call), " ", call.error ? make("code", {}, call.error) : null),
    make("p", { class: "sentence" }, call.said),
    make("dl", { class: "facts" },
      make("dt", {}, "Page"), make("dd", {}, make("code", {}, call.page)),
      make("dt", {}, "Browser"), make("dd", {}, call.browser),
      make("dt", {}, "Time"), make("dd", {}, clock(call.began))),
    call.card ? part("cause", "Cause", ...drawn(call.card)) : null,
    call.fix ? part("fix", "What to change", ...drawn(call.fix), call.number_of_fix === null ? null : applying(call)) : null,
    part("console", "What the console shows", ...drawn(call.console)),
    part("wire", "What went over the wire", ...drawn(call.ladder), ...drawn(call.again)),
    call.more ? part("more", "Also found", ...drawn(call.more)) : null,
  ];
  place.replaceChildren(...parts.filter(Boolean));
  if (focused !== null) (find(focused) ?? find("details-name")).focus({ preventScroll: true });
}

function part(name, title, ...content) {
  return make("section", { id: `part-${name}`, "aria-labelledby": `${name}-name` }, make("h3", { id: `${name}-name` }, title), ...content.filter(Boolean));
}

const AFTERWARDS = "Once the server has reloaded, make the request again.";

function applying(call) {
  if (call.applied !== null) return make("div", { class: "apply" }, make("p", { class: "applied", id: "applied" }, `✓ ${call.applied} ${AFTERWARDS}`));
  const answer = make("p", { id: "answer" });
  const button = make("button", { type: "button", id: "apply", on: { click: () => apply(call.number_of_fix, button, answer) } }, "Apply this fix");
  return make("div", { class: "apply" }, button, answer);
}

async function apply(number, button, answer) {
  button.disabled = true;
  answer.className = "";
  answer.textContent = "Applying…";
  try {
    const { done } = await act(`fixes/${number}`);
    answer.className = "applied";
    answer.textContent = `✓ ${done} ${AFTERWARDS}`;
    say(answer.textContent);
  } catch (error) {
    button.disabled = false;
    answer.className = "trouble";
    answer.textContent = error.message;
    say(error.message);
  }
}

async function act(path) {
  return (await ask(path, { method: "POST", headers: { "X-Corsense-Token": token } })).json();
}

// The answer of the server. Where there is none, or it is a problem, the error says so in a sentence.
async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer; try again once the page is live.");
  }
  if (!response.ok) throw new Error(await problemOf(response));
  return response;
}

function problem(words) {
  find("problem").hidden = !words;
  find("problem").textContent = words;
}

// What can be done with the list

find("filter").addEventListener("submit", (event) => event.preventDefault());
find("filter").addEventListener("input", filter);

find("pause").addEventListener("click", () => {
  const before = held;
  held = before ? null : nothingHeld();
  if (before?.came) show([...before.lines.values()], before.oldest);
  say(held ? "The list is paused." : "The list is live again.");
  drawPause();
});

function nothingHeld() {
  return { lines: new Map(), oldest: null, came: false };
}

function drawPause() {
  const button = find("pause");
  const news = held ? [...held.lines.keys()].filter((number) => !calls.has(number)).length : 0;
  button.setAttribute("aria-pressed", String(Boolean(held)));
  button.textContent = !held ? "Pause" : news ? `Paused (${news} new)` : "Paused";
}

find("clear").addEventListener("click", async () => {
  problem("");
  try {
    await act("clear");
    say("The list is empty.");
  } catch (error) {
    problem(error.message);
  }
});

find("address").textContent = new URL("..", location.href).href.replace(/\/$/, "");
connect();
