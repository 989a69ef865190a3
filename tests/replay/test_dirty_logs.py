"""Broken lines are counted and sampled, never fatal; and no value of a request is in what is reported."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsense.errors import InputError
from corsense.replay.replaying import Reading
from corsense.replay.tally import redacted_sample
from corsense.report.replayed import replay_document, replay_text
from tests.replay.logs import ADMIN, Hit, allowed, caddy, judged, written

GOOD = caddy(allowed(ADMIN))


@pytest.mark.parametrize(
    "line",
    [
        '{"level":"info","request":{"uri":"/users/alice',
        "panic: runtime error at /users/alice",
        b"\x00" * 500,
        b'{"a":"\x01\x02\x03\x04"}x',
        "[1, 2",
        '"a" "b"',
        b"\xff\xfe{\x00}\x00",
        '{"a":"\\ud800"}',
    ],
)
def test_a_broken_line_is_counted_and_the_others_are_judged(line: str | bytes, tmp_path: Path) -> None:
    result = judged(written(tmp_path, [GOOD, line, GOOD]))
    assert (result.judged, result.broken.count) == (2, 1)
    assert len(result.broken.samples) == 1


def test_a_line_in_another_encoding_than_utf_8_is_broken_and_a_byte_order_mark_is_not(tmp_path: Path) -> None:
    latin = GOOD.replace("/api/users/7", "/caf\xe9").encode("latin-1")
    utf8 = GOOD.replace("/api/users/7", "/caf\xe9\u2014").encode()
    result = judged(written(tmp_path, [b"\xef\xbb\xbf" + utf8, latin]))
    assert (result.judged, result.broken.count) == (1, 1)
    assert "xxx" in result.broken.samples[0]


def test_line_breaks_of_other_systems_and_empty_lines_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(f"\r\n{GOOD}\r\n\r\n{GOOD}\r\n\n{GOOD}".encode())
    result = judged(str(path))
    assert (result.judged, result.broken.count) == (3, 0)


def test_a_line_of_some_megabytes_does_not_stop_the_others(tmp_path: Path) -> None:
    huge = GOOD.replace("token=secret", "x" * 5_000_000)
    result = judged(written(tmp_path, [GOOD, huge, GOOD]))
    assert (result.judged, result.broken.count) == (2, 1)


def test_a_file_that_was_cut_off_is_judged_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_text(f"{GOOD}\n{GOOD}\n{GOOD[: len(GOOD) // 2]}")
    result = judged(str(path))
    assert (result.judged, result.broken.count) == (2, 1)


def test_an_archive_that_was_cut_off_is_reported_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(f"{GOOD}\n".encode() * 5_000)[:-40])
    with pytest.raises(InputError, match=r"cannot (be read|group these logs)"):
        judged(str(path))


def test_more_unreadable_lines_than_are_kept_are_reported_as_at_least_so_many(tmp_path: Path) -> None:
    few, many = (judged(written(tmp_path, [GOOD, *[b"\xff{}"] * count], f"{count}.log")) for count in (999, 3000))
    assert (few.broken.count, few.broken.at_least) == (999, False)
    assert (many.broken.count, many.broken.at_least) == (1000, True)
    assert "at least 1,000 lines could not be read" in replay_text(many)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_line_that_no_buffer_holds_is_reported_and_hides_no_other(place: int, tmp_path: Path) -> None:
    lines = [GOOD.encode(), GOOD.encode()]
    lines.insert(place, b"x" * 34_000_000)
    result = judged(written(tmp_path, lines), reading=Reading(log_format="caddy"))
    assert (result.judged, result.broken.at_least) == (2, True)
    assert "at least" in replay_text(result)


def test_lines_that_are_no_requests_are_left_out(tmp_path: Path) -> None:
    lines = [
        '{"level":"info","ts":1790000000.1,"logger":"admin","msg":"admin endpoint started","address":"localhost:2019"}',
        GOOD.replace("http.log.access.log0", "http.log.error.log0"),
        GOOD,
    ]
    result = judged(written(tmp_path, lines))
    assert (result.requests, result.judged, result.broken.count) == (1, 1, 0)


def test_a_renamed_logger_of_caddy_is_read(tmp_path: Path) -> None:
    assert judged(written(tmp_path, [GOOD.replace("http.log.access.log0", "edge")])).judged == 1


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_a_file_without_requests_is_reported(content: str, tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(content)
    with pytest.raises(InputError, match="holds no requests"):
        judged(str(tmp_path / "access.log"))


@pytest.mark.parametrize("name", ["missing.log", "mis*.log"])
def test_a_file_that_is_not_there_is_reported(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file or folder|no file matches"):
        judged(str(tmp_path / name))


SECRETS = ("alice", "s3cr3t", "q-word", "Bearer", "tok-en", "203.0.113")


def test_no_value_of_a_request_is_in_the_report(tmp_path: Path) -> None:
    path = "/users/alice/files/s3cr3t.pdf;v=alice?q=q-word#s3cr3t"
    answer = {"Access-Control-Allow-Origin": ADMIN, "Access-Control-Allow-Credentials": "true"}
    hit = Hit(ADMIN, path=path, headers={"Cookie": "sid=tok-en", "Authorization": "Bearer tok-en"}, answer=answer)
    broken = '{"request":{"uri":"/users/alice?q=q-word","headers":{"Authorization":["Bearer s3cr3t"]}}'
    result = judged(written(tmp_path, [caddy(hit), broken]))
    printed = replay_text(result) + replay_document(result).printed()
    assert result.lost.requests == result.broken.count == 1
    assert not [secret for secret in SECRETS if secret in printed]


@settings(deadline=None)
@given(st.text())
def test_a_sample_has_no_letter_and_no_digit_of_the_line(line: str) -> None:
    shown = redacted_sample(f"\n{line}")
    assert not {character for character in shown if character.isalnum()} - {"x", "0"}
    assert shown.isprintable()
    assert len(shown) <= 80


@settings(max_examples=10, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=60),
            st.sampled_from(["origin", "method", "status"]).map(lambda key: json.dumps({key: {"a": [None]}}).encode()),
            st.just(GOOD.encode()),
        ),
        max_size=12,
    )
)
def test_whatever_is_in_a_file_every_good_line_is_judged(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]) -> None:
    good = GOOD.encode()
    held = [good, *(line if line == good else line.replace(b"\n", b"").replace(b"\r", b"") for line in lines)]
    log = written(tmp_path_factory.mktemp("log"), held)
    assert judged(log, reading=Reading(log_format="caddy")).judged == held.count(good)
