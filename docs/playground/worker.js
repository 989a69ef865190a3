// Runs corsense on Pyodide. Reads files of its own folder, and nothing else.

import { loadPyodide } from "./pyodide/pyodide.mjs";

const here = new URL(".", import.meta.url).href;
const RECORDINGS = "/recordings";

const manifest = await (await fetch(`${here}files.json`)).json();
const total = Object.values(manifest.files).reduce((sum, size) => sum + size, 0);
let done = 0;

// Counts what arrives, for the page. The response itself stays the browser's own, so that it can keep the compiled code with it.
const original = globalThis.fetch.bind(globalThis);
globalThis.fetch = async (...asked) => {
  const response = await original(...asked);
  if (response.ok && response.body) count(response.clone().body.getReader());
  return response;
};

async function count(reader) {
  for (;;) {
    const part = await reader.read();
    if (part.done) return;
    done += part.value.byteLength;
    postMessage({ loading: { done: Math.min(done, total), total } });
  }
}

const [pyodide, archive] = await Promise.all([
  loadPyodide({ indexURL: `${here}pyodide/`, lockFileURL: `${here}pyodide/pyodide-lock.json`, env: { HOME: "/home", CORSENSE_DOCUMENTATION: ".." } }),
  fetch(`${here}corsense.zip`).then((response) => response.arrayBuffer()),
]);
pyodide.unpackArchive(archive, "zip", { extractDir: "/lib/corsense" });
pyodide.runPython("import sys; sys.path.insert(0, '/lib/corsense')");
const answer = pyodide.pyimport("corsense.playground").answer;
postMessage({ ready: true });

function reading(file) {
  const name = file.name.split(/[\\/]/).pop() || "recording.har";
  pyodide.FS.mkdirTree(RECORDINGS);
  pyodide.FS.mount(pyodide.FS.filesystems.WORKERFS, { blobs: [{ name, data: file }] }, RECORDINGS);
  return `${RECORDINGS}/${name}`;
}

onmessage = ({ data: { id, question, recording } }) => {
  const progress = (what, part, whole) => postMessage({ progress: { what, done: part, total: whole } });
  try {
    if (recording) question.recording = reading(recording);
    postMessage({ id, answer: answer(JSON.stringify(question), progress) });
  } catch (error) {
    postMessage({ id, failure: String(error.message ?? error).trim().split("\n").pop() });
  } finally {
    if (recording) pyodide.FS.unmount(RECORDINGS);
  }
};
