"""Sunrise times. Public data without cookies: here the star is right."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

app = FastAPI(title="Sunrise")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"],
)


@app.get("/api/sunrise/{city}")
def sunrise(city: str) -> dict[str, str]:
    """When the sun rises."""
    return {"city": city, "sunrise": "06:41"}
