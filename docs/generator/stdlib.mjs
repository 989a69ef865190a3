// Writes Python's standard library for the playground: compiled what its answers import, without what no page can use.
// node stdlib.mjs FOLDER_OF_PYODIDE ARCHIVE_OF_CORSENSE QUESTIONS_JSON EXCLUDED_JSON OUTPUT

import { readFileSync, writeFileSync } from "node:fs";

const [folder, archive, questions, excluded, output] = process.argv.slice(2);
const { loadPyodide } = await import(`${folder}/pyodide.mjs`);
const pyodide = await loadPyodide({ indexURL: `${folder}/` });
pyodide.unpackArchive(new Uint8Array(readFileSync(archive)), "zip", { extractDir: "/lib/corsense" });
pyodide.FS.writeFile("/stdlib.zip", new Uint8Array(readFileSync(`${folder}/python_stdlib.zip`)));
pyodide.globals.set("questions", questions);
pyodide.globals.set("excluded", excluded);
pyodide.runPython(`
import json, sys, zipfile
from importlib._bootstrap_external import _code_to_hash_pyc
from importlib.util import source_hash

sys.path.insert(0, "/lib/corsense")
from corsense.playground import answer

for question in json.loads(questions):
    found = json.loads(answer(json.dumps(question)))
    assert "problem" not in found, found
root = next(path for path in sys.path if path.endswith(".zip")) + "/"
files = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
used = {str(file)[len(root):] for file in files if str(file).startswith(root)}
left_out = tuple(json.loads(excluded))
moment = (1980, 1, 1, 0, 0, 0)
with zipfile.ZipFile("/stdlib.zip") as whole, zipfile.ZipFile("/made.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
    for name in sorted(whole.namelist()):
        if name.endswith("/") or (name.startswith(left_out) and name not in used):
            continue
        content = whole.read(name)
        if name in used:
            code = compile(content, name, "exec", dont_inherit=True, optimize=2)
            name, content = name + "c", _code_to_hash_pyc(code, source_hash(content), False)
        made.writestr(zipfile.ZipInfo(name, moment), content, zipfile.ZIP_DEFLATED, 9)
`);
writeFileSync(output, pyodide.FS.readFile("/made.zip"));
