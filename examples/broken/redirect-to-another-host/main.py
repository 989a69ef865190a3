"""Reports are kept on another host. The API sends the browser there, and there the page's origin is "null"."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse, RedirectResponse

FILES = "http://127.0.0.1:8000/files"

app = FastAPI(title="Reports")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET"],
)


@app.get("/api/report")
def report() -> RedirectResponse:
    return RedirectResponse(f"{FILES}/visitors.csv")


# Stands for the file host.
@app.get("/files/visitors.csv")
def visitors() -> PlainTextResponse:
    return PlainTextResponse("month,visitors\nMay,1200\n", media_type="text/csv")
