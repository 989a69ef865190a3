"""What is advised for a server with a list of origins of its own."""

from __future__ import annotations

import pytest

from corsense.diagnose.known_servers import known_server


@pytest.mark.parametrize("origin", ["http://a;rm -rf ~", "http://a$(id)", "http://a`id`", "http://a' b", "null", ""])
def test_what_is_no_plain_origin_is_not_put_into_a_command(origin: str) -> None:
    server = known_server("http://127.0.0.1:11434/api/tags")
    assert server is not None
    assert server.write(origin) == "OLLAMA_ORIGINS=https://app.example.com ollama serve"
    assert server.write("http://localhost:3000") == "OLLAMA_ORIGINS=http://localhost:3000 ollama serve"


def test_a_setting_that_lets_every_page_in_says_so() -> None:
    server = known_server("http://127.0.0.1:1234/v1/chat/completions")
    assert server is not None
    assert "lets every page in" in server.write("http://localhost:3000")


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8000/api/tags", "https://api.example.com/proxy?to=http://127.0.0.1:11434/", "http://h:1234/", None, ""],
)
def test_any_other_address_is_no_known_server(url: str | None) -> None:
    assert known_server(url) is None
