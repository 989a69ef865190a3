"""A team directory with typed settings. Pydantic's URL type puts a slash behind every host."""

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic import AnyHttpUrl, BaseModel


class Settings(BaseModel):
    cors_origins: list[AnyHttpUrl]


class User(BaseModel):
    name: str


settings = Settings.model_validate({"cors_origins": ["http://localhost:3000", "https://app.example.com"]})

app = FastAPI(title="Team directory")
app.add_middleware(
    CORSMiddleware,
    allow_origins=[str(origin) for origin in settings.cors_origins],
    allow_methods=["GET", "POST"],
)


@app.get("/api/users")
def list_users() -> list[User]:
    return [User(name="Ada")]


@app.post("/api/users", status_code=201)
def create_user(user: User) -> User:
    return user
