"""A public API: data that anybody may read anyway, without cookies. Here the star is the right answer."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Sunrise")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
    allow_methods=["GET"],
    expose_headers=["X-Data-Version"],
)


@app.get("/api/sunrise/{town}")
def sunrise(town: str) -> dict[str, str]:
    return {"town": town, "sunrise": "06:12"}
