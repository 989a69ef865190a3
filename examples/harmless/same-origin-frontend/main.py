"""The app serves its own page. Page and API share an origin, so no CORS layer is missing here."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

app = FastAPI(title="Guest book")

PAGE = """
<form><input name="name"><button>Sign</button></form>
<script>
document.forms[0].onsubmit = async (event) => {
  event.preventDefault();
  const body = JSON.stringify({name: event.target.elements.name.value});
  await fetch("/api/users", {method: "POST", headers: {"Content-Type": "application/json"}, body});
};
</script>
"""


class Guest(BaseModel):
    name: str


@app.get("/")
def page() -> HTMLResponse:
    return HTMLResponse(PAGE)


@app.post("/api/users", status_code=201)
def sign(guest: Guest) -> Guest:
    return guest
