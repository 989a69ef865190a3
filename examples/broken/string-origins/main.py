"""A recipe collection. The brackets around the origin were forgotten, and it still works. Too well."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import BaseModel

app = FastAPI(title="Recipes")
app.add_middleware(
    CORSMiddleware,
    allow_origins="https://recipes.example.com",
    allow_methods=["GET", "POST"],
)


class Recipe(BaseModel):
    title: str


@app.get("/api/recipes")
def list_recipes() -> list[Recipe]:
    return [Recipe(title="Pancakes")]


@app.post("/api/recipes", status_code=201)
def add_recipe(recipe: Recipe) -> Recipe:
    return recipe
