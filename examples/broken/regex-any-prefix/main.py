"""A magazine, with and without "www". The expression also likes https://notmagazine.example, whoever that is."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Magazine")
app.add_middleware(
    CORSMiddleware,
    allow_origin_regex=r"https://.*magazine\.example",
    allow_methods=["GET", "POST"],
    allow_credentials=True,
)


class Article(BaseModel):
    title: str


@app.get("/api/articles")
def list_articles() -> list[Article]:
    return [Article(title="On slowness")]


@app.post("/api/articles", status_code=201)
def submit(article: Article) -> Article:
    return article
