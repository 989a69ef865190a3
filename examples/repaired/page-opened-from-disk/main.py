"""A unit converter that serves its own page. Open http://localhost:8000/ instead of the file."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

app = FastAPI(title="Converter")

PAGE = """
<input id="metres" value="1"><output id="feet"></output>
<script>
metres.oninput = async () => {
  const body = JSON.stringify({metres: metres.value});
  const answer = await fetch("/api/feet", {method: "POST", headers: {"Content-Type": "application/json"}, body});
  feet.value = (await answer.json()).feet;
};
</script>
"""


@app.get("/")
def page() -> HTMLResponse:
    return HTMLResponse(PAGE)


class Length(BaseModel):
    metres: float


@app.post("/api/feet")
def to_feet(length: Length) -> dict[str, float]:
    return {"feet": length.metres / 0.3048}
