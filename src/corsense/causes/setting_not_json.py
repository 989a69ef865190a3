"""A list in the environment is not valid JSON

## What it does
pydantic-settings reads a field of type `list[str]` from the environment as JSON. `CORS_ORIGINS=https://app.example.com` is not
JSON, so the app does not start:

> pydantic_settings.exceptions.SettingsError: error parsing value for field "cors_origins" from source "EnvSettingsSource"

An empty variable, single quotes (`['https://app.example.com']`) and quotes that a shell or Docker Compose removes have the same
effect. The browser sees a server that is down.

## Why is this bad
The app is down, and the log only mentions parsing. The reverse is worse: a validator that splits JSON at commas makes entries
such as `["https://app.example.com"`, which match nothing.

## Example
```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    cors_origins: list[str] = ["http://localhost:3000"]  # CORS_ORIGINS=https://app.example.com: SettingsError


app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=Settings().cors_origins, allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

## Use instead
Write JSON into the variable, `CORS_ORIGINS='["https://app.example.com"]'`, or use a field that reads both:

```python
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from pydantic_settings import BaseSettings

from corsense import CORSOrigins


class Settings(BaseSettings):
    cors_origins: CORSOrigins = ["http://localhost:3000"]


app = FastAPI()
app.add_middleware(CORSMiddleware, allow_origins=Settings().cors_origins, allow_methods=["GET", "POST"])


@app.post("/api/users")
def create_user() -> dict[str, str]:
    return {"name": "Ada"}
```

Without corsense: `Annotated[list[str], NoDecode]` and a validator with `mode="before"` that splits at commas.

## Fix safety
No automatic fix: the value is in the environment.

## References
- pydantic-settings, *Parsing environment variable values* and *Disabling JSON parsing*
  (https://docs.pydantic.dev/latest/concepts/pydantic_settings/#parsing-environment-variable-values)
- https://fastapi.tiangolo.com/advanced/settings/
"""

from __future__ import annotations

from corsense.causes.model import define

CAUSE = define("CORS223", "setting-not-json", "error", __doc__)
