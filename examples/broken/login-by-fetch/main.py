"""The page asks who is logged in with fetch(). Without a session the API redirects it to the login, as if it were a link."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import RedirectResponse

LOGIN = "http://127.0.0.1:8000/login"

app = FastAPI(title="Library")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET"],
    allow_credentials=True,
)


@app.get("/api/me")
def me() -> RedirectResponse:
    return RedirectResponse(f"{LOGIN}/authorize?client_id=library")
