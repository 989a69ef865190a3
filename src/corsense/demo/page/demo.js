// The demo's page: runs each scenario in this browser, and shows beside it what corsense says.

const PATIENCE = 60000;
const ENGINES = { chromium: "Chromium", firefox: "Firefox", webkit: "Safari" };
const VARIANTS = ["broken", "repaired"];

const find = (id) => document.getElementById(id);
const engine = /firefox/i.test(navigator.userAgent) ? "firefox" : /chrom/i.test(navigator.userAgent) ? "chromium" : "webkit";

const results = new Map();
const analyses = new Map();
const frames = new Map();
const waiting = new Map();
let scenarios = [];
let current = null;
let variant = "broken";
let counter = 0;
let refreshes = 0;

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// Markup that corsense made and escaped; the only place where markup is taken as such.
function drawn(markup, name = "div") {
  const made = make("div", { class: name });
  made.innerHTML = markup;
  return made;
}

async function ask(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

function frameOf(scenario) {
  let ready = frames.get(scenario.runner);
  if (!ready) {
    ready = new Promise((resolve, reject) => {
      const frame = make("iframe", { src: scenario.runner, title: `A page at ${scenario.origin}`, tabindex: "-1" });
      waiting.set(frame, resolve);
      setTimeout(() => reject(new Error(`no page could be opened at ${scenario.origin}`)), PATIENCE);
      find("runners").append(frame);
    });
    frames.set(scenario.runner, ready);
  }
  return ready;
}

window.addEventListener("message", (event) => {
  for (const [key, resolve] of waiting) {
    if (event.data.ready && key.contentWindow === event.source) {
      waiting.delete(key);
      resolve(key);
    } else if (event.data.id === key && event.data.saw) {
      waiting.delete(key);
      resolve(event.data.saw);
    }
  }
});

async function inBrowser(scenario, which) {
  const frame = await frameOf(scenario);
  const id = ++counter;
  const request = { url: scenario.servers[which] + scenario.path, options: scenario.options };
  return new Promise((resolve, reject) => {
    waiting.set(id, resolve);
    setTimeout(() => reject(new Error("the request did not finish")), PATIENCE);
    frame.contentWindow.postMessage({ id, request }, scenario.origin);
  });
}

function analysisOf(scenario) {
  if (!analyses.has(scenario.name)) {
    const asked = ask(`/api/analysis/${scenario.name}`);
    asked.catch(() => analyses.delete(scenario.name));
    analyses.set(scenario.name, asked);
  }
  return analyses.get(scenario.name);
}

async function run(scenario, which) {
  if (which === "repaired") await analysisOf(scenario); // it is served from then on
  const [saw, judged] = await Promise.all([
    inBrowser(scenario, which),
    ask(`/api/judged/${scenario.name}/${which}?engine=${engine}`),
  ]);
  const result = { saw, judged, agree: saw.allowed === judged.allowed };
  results.set(`${scenario.name} ${which}`, result);
  markList(scenario);
  markTable(scenario);
  return result;
}

// What an outcome means for this scenario: an open door is not good news.
function meaning(scenario, result, side) {
  const allowed = side === "browser" ? result.saw.allowed : result.judged.allowed;
  if (scenario.kind === "open door") return allowed ? ["!", "an untrusted page reads it", "bad"] : ["✓", "the untrusted page is kept out", "good"];
  if (scenario.kind === "hidden header" && allowed) {
    const seen = side === "browser" ? scenario.reads in result.saw.headers : result.judged.exposed.includes(scenario.reads);
    return seen ? ["✓", "allowed, header read", "good"] : ["!", "allowed, header hidden", "bad"];
  }
  return allowed ? ["✓", "allowed", "good"] : ["✗", "blocked", "bad"];
}

function badge([sign, words, mood]) {
  return make("span", { class: `badge ${mood}` }, make("span", { "aria-hidden": "true" }, sign), ` ${words}`);
}

function markList(scenario) {
  const place = find(`list-${scenario.name}`);
  place.replaceChildren();
  for (const which of VARIANTS) {
    const result = results.get(`${scenario.name} ${which}`);
    if (!result || (which === "repaired" && !scenario.repairable)) continue;
    const [sign, words, mood] = meaning(scenario, result, "browser");
    place.append(make("span", { class: `dot ${mood}`, title: `${which}: ${words}` }, sign, make("span", { class: "unseen" }, ` ${which}: ${words}`)));
  }
}

function fillList() {
  find("list").append(make("li", { class: "all" }, make("a", { href: "#all" }, `All ${scenarios.length} scenarios`)));
  for (const scenario of scenarios) {
    const link = make("a", { href: `#${scenario.name}` }, scenario.title, make("span", { class: "dots", id: `list-${scenario.name}` }));
    find("list").append(make("li", {}, link));
  }
}

// The overview: all scenarios in a table.

function overview() {
  document.title = "corsense demo";
  const head = make("tr", {}, ...["Scenario", "Broken", "Repaired", "corsense says"].map(
    (text) => make("th", { scope: "col" }, text)));
  const rows = scenarios.map((scenario) => make("tr", { id: `table-${scenario.name}` },
    make("th", { scope: "row" }, make("a", { href: `#${scenario.name}` }, scenario.title)),
    ...["broken", "repaired", "agree"].map((cell) => make("td", { "data-cell": cell }, "–"))));
  const table = make("table", {}, make("caption", {}, `What ${ENGINES[engine]} does with each, and whether corsense says so.`),
    make("thead", {}, head), make("tbody", {}, ...rows));
  find("main").replaceChildren(
    make("h2", {}, `${scenarios.length} scenarios, broken and repaired`),
    make("p", {}, "Choose one, or run everything. A page's script only gets a ",
      make("code", {}, "TypeError"), ": the red lines are in the console, which opens with F12."),
    make("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "All scenarios" }, table));
  scenarios.forEach(markTable);
}

function markTable(scenario) {
  const row = find(`table-${scenario.name}`);
  if (!row) return;
  const put = (cell, content) => row.querySelector(`[data-cell="${cell}"]`).replaceChildren(content);
  const agreed = [];
  for (const which of VARIANTS) {
    if (which === "repaired" && !scenario.repairable) {
      put("repaired", "nothing to repair");
      continue;
    }
    const result = results.get(`${scenario.name} ${which}`);
    if (!result) return;
    put(which, badge(meaning(scenario, result, "browser")));
    agreed.push(result.agree);
  }
  put("agree", agreed.every(Boolean) ? badge(["✓", "the same", "good"]) : badge(["✗", "something else", "bad"]));
}

// One scenario.

function show(scenario) {
  document.title = `${scenario.title} – corsense demo`;
  const index = scenarios.indexOf(scenario);
  const near = (step) => {
    const other = scenarios[index + step];
    return other ? make("a", { href: `#${other.name}` }, step < 0 ? `← ${other.title}` : `${other.title} →`) : make("span");
  };
  const flip = make("button", { id: "fix", type: "button", role: "switch", "aria-checked": "false", on: { click: toggle } },
    make("span", { class: "knob", "aria-hidden": "true" }), "Apply the fix");
  if (!scenario.repairable) flip.setAttribute("disabled", "");
  find("main").replaceChildren(
    make("p", { class: "where" }, `Scenario ${index + 1} of ${scenarios.length}`),
    make("h2", {}, scenario.title),
    make("p", { class: "story" }, scenario.story),
    make("p", { class: "request" }, make("code", {}, `${scenario.method} ${scenario.path}`), " by a page at ", make("code", {}, scenario.origin),
      scenario.kind === "open door" ? " that is not trusted" : null, " of the API at ", make("code", { id: "server" }, "")),
    make("div", { class: "bar" }, flip, make("button", { id: "again", type: "button", class: "plain", on: { click: () => refresh() } }, "Run again"),
      scenario.repairable ? null : make("span", { class: "quiet" }, "Nothing is wrong here: there is nothing to repair.")),
    make("div", { class: "columns" },
      make("section", { class: "card", "aria-labelledby": "saw-title" }, make("h3", { id: "saw-title" }, "What the browser said"), make("div", { id: "saw" }, "…")),
      make("section", { class: "card", "aria-labelledby": "says-title" }, make("h3", { id: "says-title" }, "What corsense says"), make("div", { id: "says" }, "…"))),
    make("section", { "aria-labelledby": "ladder-title" }, make("h3", { id: "ladder-title" }, "What went over the wire"), make("div", { id: "ladder" }, "…")),
    make("section", { "aria-labelledby": "diff-title" }, make("h3", { id: "diff-title" }, "What to write"), make("div", { id: "diff" }, "…")),
    make("details", {}, make("summary", {}, "The app as it was found"), make("pre", { tabindex: "0" }, make("code", {}, scenario.source))),
    make("nav", { class: "near", "aria-label": "Other scenarios" }, near(-1), near(1)));
}

function toggle() {
  variant = variant === "broken" ? "repaired" : "broken";
  find("fix").setAttribute("aria-checked", String(variant === "repaired"));
  refresh();
}

async function refresh() {
  const [scenario, which] = [current, variant];
  const mine = ++refreshes;
  const stale = () => mine !== refreshes || current !== scenario;
  find("server").textContent = scenario.servers[which];
  find("main").setAttribute("aria-busy", "true");
  try {
    const result = await run(scenario, which);
    if (stale()) return;
    find("saw").replaceChildren(...whatScriptSaw(scenario, result));
    find("ladder").replaceChildren(drawn(result.judged.ladder), tryIt(result.judged));
    find("says").replaceChildren(...verdict(scenario, result), make("p", { class: "quiet" }, "Looking for the cause…"));
    const [, words] = meaning(scenario, result, "browser");
    find("said").textContent = `${scenario.title}, ${which}: ${words}. ${agreement(result)}`;
    const analysis = await analysisOf(scenario);
    if (stale()) return;
    find("says").replaceChildren(...verdict(scenario, result), ...cause(scenario, which, analysis));
    find("diff").replaceChildren(analysis.fix ? drawn(analysis.fix) : make("p", { class: "quiet" }, "Nothing."));
  } catch (error) {
    if (!stale()) find("saw").replaceChildren(make("p", { class: "trouble" }, `This could not be tried: ${error.message}.`));
  } finally {
    if (!stale()) find("main").removeAttribute("aria-busy");
  }
}

function whatScriptSaw(scenario, { saw, judged }) {
  const parts = [make("p", {}, badge(meaning(scenario, { saw, judged }, "browser")))];
  if (saw.allowed) {
    const names = Object.keys(saw.headers).join(", ");
    parts.push(make("p", {}, "Script got ", make("code", {}, `${saw.status} ${saw.body}`)), make("p", {}, "and can read the headers ", make("code", {}, names || "none"), "."));
    if (scenario.reads) parts.push(make("p", {}, make("code", {}, `response.headers.get("${scenario.reads}")`), " is ", make("code", {}, JSON.stringify(saw.headers[scenario.reads] ?? null)), "."));
  } else {
    parts.push(make("p", {}, "Script got ", make("code", { class: "wrong" }, saw.error), " and learns nothing more."));
  }
  parts.push(make("h4", {}, `The console of ${ENGINES[engine]}, as corsense predicts it`));
  parts.push(judged.console.length
    ? make("blockquote", {}, ...judged.console.map((line) => make("p", {}, line)))
    : make("p", { class: "quiet" }, "It stays empty."));
  parts.push(make("p", { class: "quiet" }, "A page cannot read the console. Yours opens with F12: compare."));
  return parts;
}

function agreement(result) {
  return result.agree ? "The browser and corsense agree." : "The browser and corsense disagree: a fault of corsense, please report it.";
}

function verdict(scenario, result) {
  return [make("p", {}, badge(meaning(scenario, result, "corsense")), result.judged.error ? make("code", { class: "error" }, result.judged.error) : null),
    make("p", { class: result.agree ? "agree" : "trouble" }, agreement(result))];
}

function cause(scenario, which, analysis) {
  if (!analysis.card) return [make("p", {}, "No finding. Nothing is wrong.")];
  if (which === "repaired") return [make("p", {}, make("code", {}, `${analysis.code} ${analysis.slug}`), " is gone.")];
  return [drawn(analysis.card, "finding-card")];
}

function tryIt(judged) {
  return make("details", {}, make("summary", {}, "Try it yourself"),
    make("p", {}, "In the console of a page:"), make("pre", { tabindex: "0" }, make("code", {}, judged.fetch)),
    make("p", {}, "In a terminal:"), make("pre", { tabindex: "0" }, make("code", {}, judged.curl)));
}

function route() {
  const name = location.hash.slice(1);
  if (name === "main") return;
  current = name === "all" ? null : (scenarios.find((scenario) => scenario.name === name) ?? scenarios[0]);
  variant = "broken";
  for (const link of find("list").querySelectorAll("a")) {
    if (link.hash === `#${current ? current.name : "all"}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  if (current) {
    show(current);
    refresh();
  } else {
    find("main").removeAttribute("aria-busy");
    overview();
  }
}

async function runAll() {
  const button = find("all");
  button.setAttribute("disabled", "");
  location.hash = "#all";
  let agreed = 0;
  let made = 0;
  for (const [index, scenario] of scenarios.entries()) {
    find("progress").textContent = `${index + 1} of ${scenarios.length}: ${scenario.title}`;
    for (const which of VARIANTS.slice(0, scenario.repairable ? 2 : 1)) {
      made += 1;
      try {
        agreed += (await run(scenario, which)).agree ? 1 : 0;
      } catch (error) {
        console.warn(`${scenario.name}, ${which}: ${error.message}`);
      }
    }
  }
  find("progress").textContent = `${made} requests made, ${agreed} as corsense said.`;
  button.removeAttribute("disabled");
}

scenarios = (await ask("/api/demo")).scenarios;
fillList();
find("all").addEventListener("click", runAll);
window.addEventListener("hashchange", route);
route();
