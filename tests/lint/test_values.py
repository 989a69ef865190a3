"""What an expression stands for: the linter follows it as a reader of the program would, and guesses at nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsense.lint import lint_text
from tests.lint.marked import finds_what_it_says, places, program, tree_finds_what_it_says, wanted

WAYS_TO_ADD = {
    "fastapi": """
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "starlette": """
        from starlette.middleware.cors import CORSMiddleware
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "corsense": """
        from corsense import CORSMiddleware
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "the module of corsense": """
        from corsense.middleware import CORSMiddleware
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "an alias": """
        from fastapi.middleware.cors import CORSMiddleware as Sharing
        app.add_middleware(Sharing, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "the module": """
        import starlette.middleware.cors
        app.add_middleware(starlette.middleware.cors.CORSMiddleware, allow_origins=["https://a/"])  # finds origin-trailing-slash
    """,
    "the module under another name": """
        import fastapi.middleware.cors as cors
        app.add_middleware(cors.CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "a module taken from its package": """
        from starlette.middleware import cors
        app.add_middleware(cors.CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "everything imported": """
        from fastapi.middleware.cors import *
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "a name given to the class": """
        Sharing = CORSMiddleware
        app.add_middleware(Sharing, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "an import in a function": """
        def create():
            from starlette.middleware.cors import CORSMiddleware as Sharing
            made = FastAPI()
            made.add_middleware(Sharing, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
            return made
    """,
    "the class by keyword": """
        app.add_middleware(middleware_class=CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "a class of the program": """
        class Sharing(CORSMiddleware):
            pass
        app.add_middleware(Sharing, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "a list of middleware": """
        app = FastAPI(middleware=[Middleware(CORSMiddleware, allow_origins=["https://a/"])])  # finds origin-trailing-slash
    """,
    "a named list of middleware": """
        layers = [
            Middleware(CORSMiddleware, allow_origins=["https://a.example/"]),  # finds origin-trailing-slash
        ]
        app = FastAPI(middleware=layers)
    """,
    "a list of middleware that grows": """
        layers = []
        layers.append(Middleware(CORSMiddleware, allow_origins=["https://a.example/"]))  # finds origin-trailing-slash
        app = FastAPI(middleware=layers)
    """,
    "an alias of Middleware": """
        from starlette.middleware import Middleware as Layer
        app = FastAPI(middleware=[Layer(CORSMiddleware, allow_origins=["https://a.example/"])])  # finds origin-trailing-slash
    """,
    "wrapping": """
        wrapped = CORSMiddleware(app, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "wrapping by keyword": """
        app = CORSMiddleware(app=app, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "wrapping by position": """
        app = CORSMiddleware(app, ["https://a.example/"])  # finds origin-trailing-slash
    """,
    "a helper function": """
        def allow_pages(target):
            target.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
        allow_pages(app)
    """,
    "a helper function with a default": """
        def allow_pages(target, origins=["https://a.example/"]):  # finds origin-trailing-slash
            target.add_middleware(CORSMiddleware, allow_origins=origins)
        allow_pages(app)
    """,
    "a helper function that nobody calls": """
        def allow_pages(target, origins=("https://a.example/",)):  # finds origin-trailing-slash
            target.add_middleware(CORSMiddleware, allow_origins=origins)
    """,
    "the caller of a helper function": """
        def allow_pages(target, origins):
            target.add_middleware(CORSMiddleware, allow_origins=origins)
        allow_pages(app, ["https://a.example/"])  # finds origin-trailing-slash
    """,
    "the caller of a caller": """
        def inner(target, origins):
            target.add_middleware(CORSMiddleware, allow_origins=origins)
        def outer(target, *, allowed):
            inner(target, origins=allowed)
        outer(app, allowed=["https://a.example/"])  # finds origin-trailing-slash
    """,
    "a helper function whose default nobody uses": """
        def allow_pages(target, origins=["https://a.example/"]):
            target.add_middleware(CORSMiddleware, allow_origins=origins)
        allow_pages(app, ["https://a.example"])
    """,
    "a factory": """
        def create_app() -> FastAPI:
            made = FastAPI()
            made.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
            return made
    """,
    "a factory with a parameter": """
        def create_app(origins: list[str] = ["https://a.example/"]) -> FastAPI:  # finds origin-trailing-slash
            made = FastAPI()
            made.add_middleware(CORSMiddleware, allow_origins=origins)
            return made
        app = create_app()
    """,
    "a method of a class": """
        class Server:
            def __init__(self):
                self.origins = ["https://a.example/"]  # finds origin-trailing-slash
                self.app = FastAPI()
                self.app.add_middleware(CORSMiddleware, allow_origins=self.origins)
    """,
    "a dict of options": """
        options = {
            "allow_origins": ["https://a.example/"],  # finds origin-trailing-slash
        }
        app.add_middleware(CORSMiddleware, **options)
    """,
    "a dict of options made by dict": """
        options = dict(allow_origins=["https://a.example/"])  # finds origin-trailing-slash
        app.add_middleware(CORSMiddleware, **options)
    """,
    "a dict of options that grows": """
        options = {}
        options["allow_origins"] = ["https://a.example/"]  # finds origin-trailing-slash
        app.add_middleware(CORSMiddleware, **options)
    """,
    "a dict of options joined from two": """
        base = {"allow_methods": ["GET"]}
        options = {**base, "allow_origins": ["https://a.example/"]}  # finds origin-trailing-slash
        app.add_middleware(CORSMiddleware, **options)
    """,
    "a dict of options updated": """
        options = {"allow_methods": ["GET"]}
        options.update({"allow_origins": ["https://a.example/"]})  # finds origin-trailing-slash
        app.add_middleware(CORSMiddleware, **options)
    """,
    "options that a function returns": """
        def options():
            return {"allow_origins": ["https://a.example/"]}  # finds origin-trailing-slash
        app.add_middleware(CORSMiddleware, **options())
    """,
    "corsense's install": """
        from corsense import Policy, install
        install(app, Policy(origins=["https://a.example/"]))  # finds origin-trailing-slash
    """,
}


@pytest.mark.parametrize("form", WAYS_TO_ADD)
def test_every_way_to_add_the_layer_is_found(form: str) -> None:
    finds_what_it_says(WAYS_TO_ADD[form])


WAYS_TO_SAY = {
    "a literal list": 'origins = ["https://a.example/"]',
    "a tuple": 'origins = ("https://a.example/",)',
    "a set": 'origins = {"https://a.example/"}',
    "a typed name": 'origins: list[str] = ["https://a.example/"]',
    "a name of a name": 'first = "https://a.example/"\norigins = [first]',
    "several targets": 'origins = other = ["https://a.example/"]',
    "an unpacked pair": 'origins, flag = ["https://a.example/"], True',
    "a sum of lists": 'origins = ["http://localhost:3000"] + ["https://a.example/"]',
    "a starred list": 'more = ["https://a.example/"]\norigins = ["http://localhost:3000", *more]',
    "an augmented list": 'origins = ["http://localhost:3000"]\norigins += ["https://a.example/"]',
    "append": 'origins = []\norigins.append("https://a.example/")',
    "extend": 'origins = []\norigins.extend(["https://a.example/", "https://b.example"])',
    "insert": 'origins = ["https://b.example"]\norigins.insert(0, "https://a.example/")',
    "a set that grows": 'origins = set()\norigins.add("https://a.example/")',
    "list of a tuple": 'ORIGINS = ("https://a.example/",)\norigins = list(ORIGINS)',
    "sorted": 'origins = sorted({"https://a.example/"})',
    "an f-string": 'host = "a.example"\norigins = [f"https://{host}/"]',
    "a concatenation": 'scheme = "https://"\norigins = [scheme + "a.example" + "/"]',
    "implicit concatenation": 'origins = ["https://" "a.example/"]',
    "a split string": 'origins = "https://b.example,https://a.example/".split(",")',
    "a string split at a name": 'AT = ","\norigins = "https://b.example,https://a.example/".split(AT)',
    "a string split by keyword": 'origins = "https://b.example;https://a.example/".split(sep=";")',
    "words of a string": 'origins = "https://b.example https://a.example/".split()',
    "a comprehension": 'origins = [origin.strip() for origin in "https://b.example, https://a.example/".split(",")]',
    "a comprehension of f-strings": 'origins = [f"https://{name}.example/" for name in ("a",)]',
    "a comprehension with a test": 'origins = [each for each in ["https://a.example/", ""] if each]',
    "map": 'origins = list(map(str.strip, "https://a.example/ ,https://b.example".split(",")))',
    "a conditional expression": 'import sys\norigins = ["https://a.example/"] if sys.platform == "x" else ["https://b.example"]',
    "or": 'origins = None or ["https://a.example/"]',
    "a function": 'def allowed():\n    return ["https://a.example/"]\norigins = allowed()',
    "a function with an argument": 'def page(name):\n    return f"https://{name}/"\norigins = [page("a.example")]',
    "a lambda": 'page = lambda name: "https://" + name + "/"\norigins = [page("a.example")]',
    "a class attribute": 'class Config:\n    ORIGINS = ["https://a.example/"]\norigins = Config.ORIGINS',
    "a class attribute of an object": 'class Config:\n    ORIGINS = ["https://a.example/"]\norigins = Config().ORIGINS',
    "an inherited attribute": (
        'class Base:\n    ORIGINS = ["https://a.example/"]\nclass Config(Base):\n    pass\norigins = Config.ORIGINS'
    ),
    "a static method": (
        'class Config:\n    @staticmethod\n    def pages():\n        return ["https://a.example/"]\norigins = Config.pages()'
    ),
    "a property": (
        'class Config:\n    base = "https://a.example"\n    @property\n    def pages(self):\n        return [self.base + "/"]\n'
        "origins = Config().pages"
    ),
    "a dataclass": (
        "from dataclasses import dataclass, field\n@dataclass\nclass Config:\n"
        '    pages: list[str] = field(default_factory=lambda: ["https://a.example/"])\norigins = Config().pages'
    ),
    "an entry of a dict": 'sites = {"dev": ["https://a.example/"]}\norigins = sites["dev"]',
    "get of a dict": 'sites = {"dev": ["https://a.example/"]}\norigins = sites.get("dev", [])',
    "an item of a list": 'sites = ["https://b.example", "https://a.example/"]\norigins = [sites[1]]',
    "JSON": "import json\norigins = json.loads('[\"https://a.example/\"]')",
    "try": 'try:\n    origins = load()\nexcept Exception:\n    origins = ["https://a.example/"]',
    "a name bound again": 'origins = ["https://b.example"]\norigins = ["https://a.example/"]',
    "an assignment expression": 'origins = (pages := ["https://a.example/"])',
    "the default of a variable": 'origins = [os.getenv("PAGE", "https://a.example/")]',
    "the default of environ.get": 'origins = [os.environ.get("PAGE", "https://a.example/")]',
    "or after a variable": 'origins = [os.getenv("PAGE") or "https://a.example/"]',
    "a split default with strip": (
        'origins = [each.strip() for each in os.getenv("PAGES", "https://a.example/").split(",") if each.strip()]'
    ),
    "getenv imported by name": 'from os import getenv\norigins = [getenv("PAGE", default="https://a.example/")]',
    "environ imported by name": 'from os import environ\norigins = [environ.get("PAGE", "https://a.example/")]',
    "a setting of starlette": (
        "from starlette.config import Config\nfrom starlette.datastructures import CommaSeparatedStrings\n"
        'config = Config(".env")\norigins = config("PAGES", cast=CommaSeparatedStrings, default="https://a.example/")'
    ),
    "a setting of decouple": 'from decouple import Csv, config\norigins = config("P", default="https://a.example/", cast=Csv())',
    "a setting of environs": 'from environs import Env\nenv = Env()\norigins = env.list("PAGES", ["https://a.example/"])',
    "a global": 'def fill():\n    global origins\n    origins = ["https://b.example"]\norigins = ["https://a.example/"]',
    "with": 'with open("x") as file:\n    origins = ["https://a.example/"]',
    "match": 'match os.name:\n    case "nt":\n        origins = ["https://a.example/"]\n    case _:\n        origins = []',
}


@pytest.mark.parametrize("form", WAYS_TO_SAY)
def test_every_way_to_say_the_origins_is_understood(form: str) -> None:
    source = program(f"{WAYS_TO_SAY[form]}\napp.add_middleware(CORSMiddleware, allow_origins=origins)\n")
    findings = lint_text(source)
    assert [finding.cause.slug for finding in findings] == ["origin-trailing-slash"]
    assert findings[0].evidence["allowed"] == "https://a.example/"


NEVER_GUESSED = {
    "a name of another package": "from elsewhere import origins",
    "a call of another package": "import elsewhere\norigins = elsewhere.origins()",
    "a file": 'origins = open("origins.txt").read().splitlines()',
    "a parameter nobody gives": "def allowed(origins):\n    return origins\norigins = allowed(elsewhere)",
    "an argument of the command line": "import sys\norigins = sys.argv[1:]",
    "a name that nothing binds": "",
    "a name unbound": 'origins = ["https://a.example/"]\ndel origins\nfrom elsewhere import origins',
    "a loop over what is not known": "origins = [page for page in elsewhere]",
    "a loop over two": 'origins = [a + b for a in ["https://"] for b in hosts]',
    "a loop variable": "for origins in elsewhere:\n    pass",
    "an await": "async def allowed():\n    return await fetch()\norigins = await allowed()",
    "a name that falls back to itself": "origins = origins",
    "functions that call each other": "def a():\n    return b()\ndef b():\n    return a()\norigins = a()",
    "a class that is its own base": "class A(A):\n    pass\norigins = A.origins",
    "an f-string with what is not known": 'origins = [f"https://{host}/"]',
    "a sum with what is not known": 'origins = ["https://" + host + "/"]',
    "a required variable": 'origins = [os.environ["PAGE"]]',
    "a JSON variable": 'import json\norigins = json.loads(os.environ["PAGES"])',
    "invalid JSON": 'import json\norigins = json.loads("[")',
    "a slice": 'origins = ["https://a.example/", "https://b.example"][1:]',
    "a split at what is not known": 'origins = "https://a.example/,https://b.example/".split(at)',
    "a split at nothing": 'origins = "https://a.example/".split("")',
    "a method with too many arguments": 'origins = ["https://a.example".removesuffix("/", "/")]',
    "a division": 'origins = ["https://a.example"] / 2',
}


@pytest.mark.parametrize("form", NEVER_GUESSED)
def test_what_is_unknown_is_never_guessed_at(form: str) -> None:
    source = program(
        f"{NEVER_GUESSED[form]}\napp.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=True,"
        " allow_methods=origins, allow_headers=origins, expose_headers=origins, allow_origin_regex=origins)\n"
    )
    found = lint_text(source)  # that some are lists is known, and no list is an expression
    assert [finding for finding in found if finding.cause.slug != "origin-regex-not-a-string"] == []


def test_the_class_of_another_package_with_the_same_name_is_not_judged() -> None:
    finds_what_it_says("""
        from elsewhere.cors import CORSMiddleware
        app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True, nonsense=True)
    """)


def test_a_dict_of_options_that_is_not_in_sight_hides_only_what_it_may_hold() -> None:
    finds_what_it_says("""
        from elsewhere import options
        app.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"], **options)  # finds origin-trailing-slash
        @app.put("/users")
        def create_user() -> None: ...
    """)


BRANCHES = {
    "each branch is judged": """
        if os.name == "nt":
            origins = ["https://a.example/"]  # finds origin-trailing-slash
        else:
            origins = ["https://b.example/path"]  # finds origin-has-path
        app.add_middleware(CORSMiddleware, allow_origins=origins)
    """,
    "a wildcard and credentials of the same branch go together": """
        if debug:
            origins, cookies = ["*"], True
        else:
            origins, cookies = ["https://a.example"], False
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=cookies)  # finds wildcard-with-credentials
    """,
    "those of two branches do not": """
        if debug:
            origins = ["*"]
        else:
            origins = ["https://a.example"]
        if debug:
            credentials = False
        else:
            credentials = True
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=credentials)  # finds wildcard-origins
    """,
    "nor those of a condition and its opposite": """
        origins = ["*"] if debug else ["https://a.example"]
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=not debug)  # finds wildcard-origins
    """,
    "nor where the opposite is written as one": """
        origins = ["*"] if env != "production" else ["https://a.example"]
        credentials = True if env == "production" else False
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=credentials)  # finds wildcard-origins
    """,
    "conditions that have nothing to do with each other may come together": """
        origins = ["*"] if debug else ["https://a.example"]
        cookies = True if signed_in else False
        app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=cookies)  # finds wildcard-with-credentials
    """,
    "a layer in a branch has the values of the branch": """
        origins = ["*"]
        if production:
            origins = ["https://a.example"]
        if production:
            app.add_middleware(CORSMiddleware, allow_origins=origins, allow_credentials=True)
    """,
    "two layers in two branches are not two layers": """
        if debug:
            app.add_middleware(CORSMiddleware, allow_origins=["https://b.example"])
        else:
            app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])
    """,
    "a layer in a branch beside one for all is a second": """
        app.add_middleware(CORSMiddleware, allow_origins=["https://b.example"])
        if debug:
            app.add_middleware(CORSMiddleware, allow_origins=["https://a.example"])  # finds duplicate-cors-middleware
    """,
    "a function that leaves early": """
        def allowed():
            if debug:
                return ["*"]
            return ["https://a.example"]
        app.add_middleware(CORSMiddleware, allow_origins=allowed(), allow_credentials=not debug)  # finds wildcard-origins
    """,
    "a chain of branches": """
        if stage == "dev":
            origins = ["http://localhost:3000"]
        elif stage == "test":
            origins = ["https://test.example/"]  # finds origin-trailing-slash
        else:
            origins = ["https://a.example"]
        app.add_middleware(CORSMiddleware, allow_origins=origins)
    """,
    "a list that grows in a branch": """
        origins = ["https://a.example"]
        if debug:
            origins.append("http://localhost:3000/")  # finds origin-trailing-slash
        app.add_middleware(CORSMiddleware, allow_origins=origins)
    """,
    "a value that comes after its use is not one": """
        origins = ["https://a.example"]
        app.add_middleware(CORSMiddleware, allow_origins=origins)
        origins = ["https://a.example/"]
    """,
}


@pytest.mark.parametrize("form", BRANCHES)
def test_branches_are_judged_each_and_only_together_where_they_come_together(form: str) -> None:
    finds_what_it_says(BRANCHES[form])


SETTINGS = {
    "a default": """
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[str] = ["https://a.example/"]  # finds origin-trailing-slash
        app.add_middleware(CORSMiddleware, allow_origins=Settings().pages)
    """,
    "a default in Field": """
        from pydantic import Field
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[str] = Field(["https://a.example/"], alias="PAGES")  # finds origin-trailing-slash
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=settings.pages)
    """,
    "a default named in Field": """
        from pydantic import Field
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[str] = Field(default=["https://a.example/"])  # finds origin-trailing-slash
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=settings.pages)
    """,
    "a default factory": """
        from pydantic import Field
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[str] = Field(default_factory=lambda: ["https://a.example/"])  # finds origin-trailing-slash
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=settings.pages)
    """,
    "a factory that is a function": """
        from pydantic import Field
        from pydantic_settings import BaseSettings
        def pages() -> list[str]:
            return ["https://a.example/"]  # finds origin-trailing-slash
        class Settings(BaseSettings):
            pages: list[str] = Field(default_factory=pages)
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=settings.pages)
    """,
    "a function that makes the settings": """
        from functools import lru_cache
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[str] = ["https://a.example/"]  # finds origin-trailing-slash
        @lru_cache
        def get_settings() -> Settings:
            return Settings()
        app.add_middleware(CORSMiddleware, allow_origins=get_settings().pages)
    """,
    "a field without a default": """
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[str]
        app.add_middleware(CORSMiddleware, allow_origins=Settings().pages, allow_credentials=True)
    """,
    "a wildcard by default": """
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[str] = ["*"]  # finds wildcard-default-setting
        app.add_middleware(CORSMiddleware, allow_origins=Settings().pages)  # finds wildcard-origins
    """,
    "a wildcard by default, with credentials": """
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[str] = ["*"]  # finds wildcard-default-setting
            on: bool = True
        its = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=its.pages, allow_credentials=its.on)  # finds wildcard-with-credentials
    """,
    "a string that is never split": """
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: str = "https://a.example"
        app.add_middleware(CORSMiddleware, allow_origins=Settings().pages)  # finds origins-not-a-list
    """,
    "a string that is split without strip": """
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: str = "https://a.example"
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=settings.pages.split(","))  # finds env-split-without-strip
    """,
    "a property that splits": """
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: str = "https://a.example/"  # finds origin-trailing-slash
            @property
            def allowed(self) -> list[str]:
                return [page.strip() for page in self.pages.split(",")]
        app.add_middleware(CORSMiddleware, allow_origins=Settings().allowed)
    """,
    "a NoDecode field with a validator": """
        from typing import Annotated
        from pydantic import field_validator
        from pydantic_settings import BaseSettings, NoDecode
        class Settings(BaseSettings):
            pages: Annotated[list[str], NoDecode] = ["https://a.example/"]  # finds origin-trailing-slash
            @field_validator("pages", mode="before")
            @classmethod
            def split(cls, value: str) -> list[str]:
                return [page.strip() for page in value.split(",")]
        app.add_middleware(CORSMiddleware, allow_origins=Settings().pages)
    """,
    "URLs of pydantic": """
        from pydantic import AnyHttpUrl
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[AnyHttpUrl] = []
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=[str(page) for page in settings.pages])  # finds origin-trailing-slash
    """,
    "URLs of pydantic without their slash": """
        from pydantic import AnyHttpUrl
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[AnyHttpUrl] = []
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=[str(page).rstrip("/") for page in settings.pages])
    """,
    "URLs or texts, which pydantic leaves as they are": """
        from typing import Union
        from pydantic import AnyHttpUrl
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[Union[str, AnyHttpUrl]] = ["http://localhost:80"]  # finds origin-default-port
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=[str(page) for page in settings.pages])
    """,
    "a list of URLs or one text": """
        from pydantic import AnyHttpUrl
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[AnyHttpUrl] | str = []
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=[str(page) for page in settings.pages])  # finds origin-trailing-slash
    """,
    "a list of URLs or of texts": """
        from pydantic import AnyHttpUrl
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: "list[AnyHttpUrl] | list[str]" = []
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=[str(page) for page in settings.pages])
    """,
    "a function that splits what is no JSON": """
        def listed(text: str | list[str]) -> list[str] | str:
            if isinstance(text, str) and not text.startswith("["):
                return [page.strip() for page in text.split(",")]
            elif isinstance(text, (list, str)):
                return text
            raise ValueError(text)
        class Settings:
            pages: list[str] = listed(os.getenv("PAGES", "https://a.example,https://b.example/"))  # finds origin-trailing-slash
            others: list[str] = listed(os.getenv("OTHERS"))
        app.add_middleware(CORSMiddleware, allow_origins=Settings.pages + Settings.others)
    """,
    "a function that leaves early": """
        def listed(text):
            if isinstance(text, str):
                return ["https://a.example/"]  # finds origin-trailing-slash
            return text
        app.add_middleware(CORSMiddleware, allow_origins=listed(os.getenv("PAGES", "https://a.example")))
    """,
    "a model in the settings": """
        from pydantic import BaseModel
        from pydantic_settings import BaseSettings
        class Cors(BaseModel):
            pages: list[str] = ["https://a.example/"]  # finds origin-trailing-slash
        class Settings(BaseSettings):
            cors: Cors = Cors()
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors.pages)
    """,
    "a model made by a factory": """
        from pydantic import BaseModel, Field
        from pydantic_settings import BaseSettings
        class Cors(BaseModel):
            pages: list[str] = ["https://a.example/"]  # finds origin-trailing-slash
        class Settings(BaseSettings):
            cors: Cors = Field(default_factory=Cors)
        settings = Settings()
        app.add_middleware(CORSMiddleware, allow_origins=settings.cors.pages)
    """,
    "an inherited field": """
        from pydantic_settings import BaseSettings
        class Base(BaseSettings):
            pages: list[str] = ["https://a.example/"]  # finds origin-trailing-slash
        class Settings(Base):
            debug: bool = False
        app.add_middleware(CORSMiddleware, allow_origins=Settings().pages)
    """,
    "a field given where the settings are made": """
        from pydantic_settings import BaseSettings
        class Settings(BaseSettings):
            pages: list[str] = ["https://a.example/"]
        settings = Settings(pages=["https://a.example"])
        app.add_middleware(CORSMiddleware, allow_origins=settings.pages)
    """,
    "a variable that is split without strip": """
        pages = os.getenv("PAGES", "").split(",")  # finds env-split-without-strip
        app.add_middleware(CORSMiddleware, allow_origins=pages)
    """,
    "a variable that is split and stripped": """
        pages = [page.strip() for page in os.getenv("PAGES", "").split(",") if page.strip()]
        app.add_middleware(CORSMiddleware, allow_origins=pages)
    """,
    "a variable without blanks": """
        pages = os.getenv("PAGES", "").replace(" ", "").split(",")
        app.add_middleware(CORSMiddleware, allow_origins=pages)
    """,
    "a variable that is not split": """
        app.add_middleware(CORSMiddleware, allow_origins=os.getenv("PAGES"))  # finds origins-not-a-list
    """,
    "a variable in a list": """
        app.add_middleware(CORSMiddleware, allow_origins=[os.getenv("PAGE")])
    """,
    "a variable that is a wildcard by default": """
        pages = os.getenv("PAGES", "*").split()  # finds wildcard-default-setting
        app.add_middleware(CORSMiddleware, allow_origins=pages)  # finds wildcard-origins
    """,
}


@pytest.mark.parametrize("form", SETTINGS)
def test_settings_and_variables_are_judged_by_their_defaults(form: str) -> None:
    finds_what_it_says(SETTINGS[form])


USES_ORIGINS = """
    from fastapi import FastAPI
    from fastapi.middleware.cors import CORSMiddleware
    {imports}
    app = FastAPI()
    app.add_middleware(CORSMiddleware, allow_origins={origins})
"""
HAS_ORIGINS = 'ORIGINS = ["https://a.example/"]  # finds origin-trailing-slash\n'
TREES = {
    "a module beside": {
        "main.py": USES_ORIGINS.format(imports="from config import ORIGINS", origins="ORIGINS"),
        "config.py": HAS_ORIGINS,
    },
    "a module beside, under another name": {
        "main.py": USES_ORIGINS.format(imports="from config import ORIGINS as pages", origins="pages"),
        "config.py": HAS_ORIGINS,
    },
    "an attribute of a module": {
        "main.py": USES_ORIGINS.format(imports="import config", origins="config.ORIGINS"),
        "config.py": HAS_ORIGINS,
    },
    "an attribute of a module of a package": {
        "main.py": USES_ORIGINS.format(imports="import core.config", origins="core.config.ORIGINS"),
        "core/__init__.py": "",
        "core/config.py": HAS_ORIGINS,
    },
    "a relative import": {
        "api/__init__.py": "",
        "api/main.py": USES_ORIGINS.format(imports="from .config import ORIGINS", origins="ORIGINS"),
        "api/config.py": HAS_ORIGINS,
    },
    "a relative import from above": {
        "api/__init__.py": "",
        "api/web/__init__.py": "",
        "api/web/main.py": USES_ORIGINS.format(imports="from ..core.config import ORIGINS", origins="ORIGINS"),
        "api/core/__init__.py": "",
        "api/core/config.py": HAS_ORIGINS,
    },
    "a module of the same package": {
        "api/__init__.py": "",
        "api/main.py": USES_ORIGINS.format(imports="from . import config", origins="config.ORIGINS"),
        "api/config.py": HAS_ORIGINS,
    },
    "a name that a package hands on": {
        "api/__init__.py": "",
        "api/main.py": USES_ORIGINS.format(imports="from api.core import ORIGINS", origins="ORIGINS"),
        "api/core/__init__.py": "from .config import ORIGINS\n",
        "api/core/config.py": HAS_ORIGINS,
    },
    "everything that a package hands on": {
        "api/__init__.py": "",
        "api/main.py": USES_ORIGINS.format(imports="from api.core import *", origins="ORIGINS"),
        "api/core/__init__.py": "from .config import *\n",
        "api/core/config.py": HAS_ORIGINS,
    },
    "a src folder": {
        "src/shop/__init__.py": "",
        "src/shop/main.py": USES_ORIGINS.format(imports="from shop.config import ORIGINS", origins="ORIGINS"),
        "src/shop/config.py": HAS_ORIGINS,
    },
    "settings of another module": {
        "app/__init__.py": "",
        "app/main.py": USES_ORIGINS.format(imports="from app.config import settings", origins="settings.pages"),
        "app/config.py": """
            from pydantic_settings import BaseSettings
            class Settings(BaseSettings):
                pages: list[str] = ["https://a.example/"]  # finds origin-trailing-slash
            settings = Settings()
        """,
    },
    "a helper function of another module": {
        "main.py": """
            from fastapi import FastAPI
            from web import allow_pages
            app = FastAPI()
            allow_pages(app, ["https://a.example/"])  # finds origin-trailing-slash
        """,
        "web.py": """
            from fastapi.middleware.cors import CORSMiddleware
            def allow_pages(app, origins):
                app.add_middleware(CORSMiddleware, allow_origins=origins)
        """,
    },
    "modules that import each other": {
        "main.py": USES_ORIGINS.format(imports="from config import ORIGINS", origins="ORIGINS"),
        "config.py": "from main import ORIGINS\n",
    },
    "a class that another module takes from fastapi": {
        "main.py": """
            from fastapi import FastAPI
            from web import Sharing as CORSMiddleware
            app = FastAPI()
            app.add_middleware(CORSMiddleware, allow_origins=["https://a.example/"])  # finds origin-trailing-slash
        """,
        "web.py": "from fastapi.middleware.cors import CORSMiddleware as Sharing\n",
    },
}


@pytest.mark.parametrize("form", TREES)
def test_names_are_followed_through_the_imports_of_a_tree(form: str, tmp_path: Path) -> None:
    tree_finds_what_it_says(tmp_path, TREES[form])


def test_a_file_is_judged_with_what_it_imports_where_only_the_file_is_named(tmp_path: Path) -> None:
    from corsense.lint import lint_paths
    from tests.lint.marked import write

    sources = TREES["a src folder"]
    write(tmp_path, sources)
    report = lint_paths([tmp_path / "src/shop/main.py"])
    assert places(report.findings, tmp_path) == wanted(sources)
    assert report.files == 1
