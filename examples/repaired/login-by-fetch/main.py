"""The page asks who is logged in with fetch(). Without a session the API says so, and the page navigates to the login."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

LOGIN = "http://127.0.0.1:8000/login"

app = FastAPI(title="Library")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET"],
    allow_credentials=True,
)


@app.get("/api/me")
def me() -> dict[str, str | None]:
    # The page: if (!user) location.href = login
    return {"user": None, "login": f"{LOGIN}/authorize?client_id=library"}
