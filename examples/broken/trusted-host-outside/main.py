"""A wiki behind TrustedHostMiddleware, which knows the public name only, and answers before CORS."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from pydantic import BaseModel

app = FastAPI(title="Wiki")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["http://localhost:3000"],
    allow_methods=["GET", "POST"],
)
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["wiki.example.com"])


class Article(BaseModel):
    title: str


@app.get("/api/articles")
def list_articles() -> list[Article]:
    return [Article(title="How to brew tea")]


@app.post("/api/articles", status_code=201)
def write(article: Article) -> Article:
    return article
