"""nginx configurations read: policies, and what a browser meets besides."""

from __future__ import annotations

from pathlib import Path

import pytest

from corsense.layers.reading import PlacedPolicy, Reading, UnreadableConfiguration, read_configuration
from corsense.policy import Policy

APP = "https://app.example.com"
PREFLIGHT = "if ($request_method = OPTIONS) { return 204; }"
PASS = "proxy_pass http://127.0.0.1:8000;"


def read(folder: Path, location: str, outside: str = "", server: str = "") -> Reading:
    path = folder / "nginx.conf"
    path.write_text(f"http {{\n{outside}\nserver {{\n{server}\nlocation / {{\n{location}\n}} }} }}\n", encoding="utf-8")
    return read_configuration(path, name="nginx.conf")


def one(reading: Reading) -> PlacedPolicy:
    (place,) = reading.places
    return place


def slugs(reading: Reading) -> set[str | None]:
    return {remark.slug for remark in reading.remarks}


def headers(origin: str = APP, always: str = " always") -> str:
    return (
        f"add_header Access-Control-Allow-Origin {origin}{always};\n"
        f'add_header Access-Control-Allow-Methods "GET, PUT"{always};\n'
        f"add_header Access-Control-Allow-Headers Content-Type{always};\n"
    )


def test_a_fixed_origin_is_a_policy(tmp_path: Path) -> None:
    place = one(read(tmp_path, f"{headers()}{PREFLIGHT}{PASS}"))
    assert place.policy == Policy(origins=[APP], methods=["PUT"], request_headers=["Content-Type"])
    assert place.is_exact
    assert place.answers_preflights


def test_a_map_of_origins_is_a_policy_with_each_of_them(tmp_path: Path) -> None:
    origins = f'map $http_origin $allowed {{ default ""; "{APP}" $http_origin; https://admin.example.com $http_origin; }}'
    place = one(read(tmp_path, f"{headers('$allowed')}add_header Vary Origin always;{PREFLIGHT}{PASS}", origins))
    assert place.policy is not None
    assert set(place.policy.origins) == {APP, "https://admin.example.com"}
    assert place.is_exact


@pytest.mark.parametrize(
    ("expression", "slug", "let_in"),
    [
        (r"~^https://[a-z]+\.example\.com$", None, "https://any.example.com"),
        (r"~^https://[a-z]+.example.com$", "regex-unescaped-dot", "https://ax-example.com"),
        (r"~https://app\.example\.com", "regex-partial-match", "https://app.example.com.evil.test"),
        (r"~*^https://APP\.example\.com$", None, APP),
    ],
)
def test_an_expression_in_a_map_lets_in_what_it_matches(tmp_path: Path, expression: str, slug: str | None, let_in: str) -> None:
    origins = f'map $http_origin $allowed {{ default ""; "{expression}" $http_origin; }}'
    reading = read(tmp_path, f"{headers('$allowed')}add_header Vary Origin always;{PREFLIGHT}{PASS}", origins)
    policy = one(reading).policy
    assert policy is not None
    assert policy.decide(let_in).allowed
    assert not policy.decide("https://evil.test").allowed
    assert slugs(reading) == ({slug} if slug else set())


def test_every_origin_sent_back_with_credentials_is_reported(tmp_path: Path) -> None:
    credentials = "add_header Access-Control-Allow-Credentials true always; add_header Vary Origin always;"
    reading = read(tmp_path, f"{headers('$http_origin')}{credentials}{PREFLIGHT}{PASS}")
    assert one(reading).policy == Policy(
        origins="*",
        credentials=True,
        methods=["PUT"],
        request_headers=["Content-Type"],
        dangerously_allow_any_origin_with_credentials=True,
    )
    assert slugs(reading) == {"reflected-origin"}


def test_a_star_with_credentials_is_a_policy_without_them(tmp_path: Path) -> None:
    reading = read(tmp_path, f"{headers('*')}add_header Access-Control-Allow-Credentials true always;{PREFLIGHT}{PASS}")
    policy = one(reading).policy
    assert policy is not None
    assert policy.any_origin
    assert not policy.credentials
    assert slugs(reading) == {"wildcard-with-credentials"}


def test_without_always_errors_have_no_headers(tmp_path: Path) -> None:
    reading = read(tmp_path, f"{headers(always='')}{PREFLIGHT}{PASS}")
    assert slugs(reading) == {"error-response-without-cors"}
    assert [remark.line for remark in reading.remarks] == [6]


def test_a_header_of_a_location_drops_those_of_the_server(tmp_path: Path) -> None:
    reading = read(tmp_path, f"add_header X-Frame-Options DENY;\n{PASS}", server=headers().replace("\n", ""))
    (remark,) = reading.remarks
    assert remark.slug == "proxy-loses-cors"
    assert remark.line == 6
    assert not reading.policies


def test_a_header_inside_an_if_drops_those_of_the_location_for_preflights(tmp_path: Path) -> None:
    preflight = "if ($request_method = 'OPTIONS') { add_header Access-Control-Max-Age 600; return 204; }"
    assert slugs(read(tmp_path, f"{headers()}{preflight}{PASS}")) == {"preflight-answered-by-other-layer"}


def test_of_two_ifs_that_match_the_last_one_gives_the_headers(tmp_path: Path) -> None:
    origins = f'map $http_origin $allowed {{ default ""; "{APP}" "{APP}"; }}'
    one_if = f'if ($allowed != "") {{ {headers("$allowed")} }}'
    assert "preflight-answered-by-other-layer" in slugs(read(tmp_path, f"{one_if}{PREFLIGHT}{PASS}", origins))


def test_a_part_to_be_included_in_a_location_is_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "cors.conf"
    inner = "if ($request_method = OPTIONS) { add_header Content-Length 0; return 204; }"
    path.write_text(f"{headers('*')}{inner}", encoding="utf-8")
    reading = read_configuration(path, name="cors.conf")
    assert [place.where for place in reading.places] == ["where it is included"]
    assert slugs(reading) == {"preflight-answered-by-other-layer"}


def test_headers_per_method_leave_other_methods_out(tmp_path: Path) -> None:
    lines = "add_header Access-Control-Allow-Origin *; add_header Access-Control-Allow-Methods 'GET, POST, DELETE';"
    each = "".join(f"if ($request_method = '{name}') {{ {lines} }}" for name in ("POST", "GET"))
    reading = read(tmp_path, f"if ($request_method = 'OPTIONS') {{ {lines} return 204; }}{each}{PASS}")
    assert {"method-not-allowed", "error-response-without-cors"} <= slugs(reading)
    assert any("HEAD and DELETE" in remark.message for remark in reading.remarks)


def test_a_variable_that_is_set_in_an_if_is_followed(tmp_path: Path) -> None:
    condition = f'set $cors ""; if ($http_origin = "{APP}") {{ set $cors $http_origin; }}'
    reading = read(tmp_path, f"{condition}{headers('$cors')}add_header Vary Origin always;{PREFLIGHT}{PASS}")
    assert one(reading).policy == Policy(origins=[APP], methods=["PUT"], request_headers=["Content-Type"])
    assert {(remark.slug, remark.severity) for remark in reading.remarks} == {("error-response-without-cors", "info")}


def test_the_group_of_an_expression_that_is_the_whole_origin_is_the_origin(tmp_path: Path) -> None:
    condition = r'set $cors ""; if ($http_origin ~ "^(https://(?:app|admin)\.example\.com)$") { set $cors $1; }'
    place = one(read(tmp_path, f"{condition}{headers('$cors')}add_header Vary Origin always;{PREFLIGHT}{PASS}"))
    assert place.policy is not None
    assert set(place.policy.origins) == {APP, "https://admin.example.com"}
    part = condition.replace("^(https://", "^https://(")
    assert not read(tmp_path, f"{part}{headers('$cors')}{PREFLIGHT}{PASS}").policies


def test_the_headers_that_the_preflight_asks_for_are_every_header(tmp_path: Path) -> None:
    lines = headers().replace("Allow-Headers Content-Type", "Allow-Headers $http_access_control_request_headers")
    policy = one(read(tmp_path, f"{lines}{PREFLIGHT}{PASS}")).policy
    assert policy is not None
    assert policy.allows_any_header
    assert "authorization" in policy.request_headers


@pytest.mark.parametrize(
    ("origin", "slug"),
    [
        ("https://app.example.com/", "origin-trailing-slash"),
        ("app.example.com", "origin-without-scheme"),
        ("https://*.example.com", "glob-in-origins"),
        ('"https://a.example.com, https://b.example.com"', "joined-values"),
        ("https://app.example.com:443", "origin-default-port"),
    ],
)
def test_an_origin_that_no_browser_sends_is_reported(tmp_path: Path, origin: str, slug: str) -> None:
    reading = read(tmp_path, f"{headers(origin)}{PREFLIGHT}{PASS}")
    assert slug in slugs(reading)
    assert not reading.policies


def test_what_depends_on_an_unknown_variable_is_not_guessed(tmp_path: Path) -> None:
    reading = read(tmp_path, f"{headers('https://$host')}{PREFLIGHT}{PASS}")
    assert not reading.policies
    assert [remark.slug for remark in reading.remarks] == [None]
    assert "$host" in str(reading.remarks[0])


def test_conditions_that_have_nothing_to_do_with_cors_do_not_matter(tmp_path: Path) -> None:
    redirect = "if ($scheme = http) { return 301 https://api.example.com$request_uri; }"
    assert one(read(tmp_path, f"{headers()}{redirect}{PREFLIGHT}{PASS}")).is_exact


def test_headers_that_depend_on_an_unknown_condition_are_not_guessed(tmp_path: Path) -> None:
    reading = read(tmp_path, f'if ($arg_cors = "1") {{ {headers()} }}{PASS}')
    assert not reading.policies
    assert "$arg_cors = 1" in str(reading.remarks[0])


def test_a_server_that_only_redirects_has_no_policy(tmp_path: Path) -> None:
    assert not read(tmp_path, f"{headers()}return 301 https://api.example.com$request_uri;").places


def test_credentials_that_are_allowed_twice_are_not_allowed(tmp_path: Path) -> None:
    twice = "add_header Access-Control-Allow-Credentials true always;" * 2
    reading = read(tmp_path, f"{headers()}{twice}{PREFLIGHT}{PASS}")
    policy = one(reading).policy
    assert policy is not None
    assert not policy.credentials
    assert slugs(reading) == {"duplicate-cors-headers"}


def test_every_page_may_read_and_one_may_send_cookies(tmp_path: Path) -> None:
    origins = f'map $http_origin $allowed {{ default "*"; "{APP}" "{APP}"; }} map $allowed $trusted {{ "*" ""; default true; }}'
    lines = f"{headers('$allowed')}add_header Access-Control-Allow-Credentials $trusted always; add_header Vary Origin always;"
    place = one(read(tmp_path, f"{lines}{PREFLIGHT}{PASS}", origins))
    assert place.policy == Policy(origins="*", credentials=[APP], methods=["PUT"], request_headers=["Content-Type"])
    assert place.is_exact


def test_files_that_are_served_need_no_preflight(tmp_path: Path) -> None:
    reading = read(tmp_path, "root /srv/fonts; add_header Access-Control-Allow-Origin *;")
    assert one(reading).policy == Policy(origins="*")
    assert one(reading).is_exact


def test_error_responses_that_are_replaced_lose_the_headers_of_the_app(tmp_path: Path) -> None:
    replacing = "proxy_intercept_errors on; error_page 500 404 /error.html;"
    (remark,) = read(tmp_path, f"{replacing}{PASS}").remarks
    assert (remark.slug, remark.severity) == ("error-response-without-cors", "info")
    assert not read(tmp_path, f"{replacing}{headers()}{PREFLIGHT}{PASS}").remarks


def test_a_login_answers_preflights(tmp_path: Path) -> None:
    reading = read(tmp_path, f"{headers()}auth_basic api;{PASS}")
    assert any("answers preflights with 401" in remark.message for remark in reading.remarks)


def test_places_with_different_policies_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "nginx.conf"
    servers = [
        f"server {{ server_name {name}; location / {{ {headers(origin)}{PREFLIGHT}{PASS} }} location /x {{ {PASS} }} }}"
        for name, origin in (("a.example.com", APP), ("b.example.com", "*"), ("c.example.com", "*"))
    ]
    path.write_text("\n".join(servers), encoding="utf-8")
    places = read_configuration(path, name="nginx.conf").places
    assert [place.where for place in places] == [
        "server a.example.com, location /",
        "server b.example.com, location /; server c.example.com, location /",
    ]


def test_an_include_is_put_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "cors.conf").write_text(headers() + PREFLIGHT, encoding="utf-8")
    place = one(read(tmp_path, f"include cors.conf;{PASS}"))
    assert place.policy is not None
    assert place.policy.origins == (APP,)
    assert place.is_exact


def test_a_remark_about_an_included_file_names_that_file(tmp_path: Path) -> None:
    (tmp_path / "cors.conf").write_text("\n\n" + headers(always="") + PREFLIGHT, encoding="utf-8")
    (remark,) = read(tmp_path, f"include cors.conf;{PASS}").remarks
    assert Path(remark.file).name == "cors.conf"
    assert remark.line == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("http {\n server {\n", 2),
        ("server {\n location / {\n include missing.conf;\n } }", 3),
        ("server {\n include nginx.conf;\n}", 2),
        ("server {\n add_header Access-Control-Allow-Origin;\n}", 2),
        ("server {\n }\n}\n", 3),
        ("server { location / {\n if($request_method = OPTIONS) { return 204; }\n } }", 2),
        ("server {\n if ($request_method = OPTIONS) { add_header Access-Control-Allow-Origin *; }\n }", 2),
    ],
)
def test_a_broken_configuration_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "nginx.conf"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableConfiguration, match=rf"nginx\.conf:{line}: "):
        read_configuration(path, name="nginx.conf")


def test_no_file_outside_the_folder_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.conf"
    secret.write_text("add_header Access-Control-Allow-Origin *;", encoding="utf-8")
    home = tmp_path / "home"
    home.mkdir()
    (home / "link.conf").symlink_to(secret)
    for include in (str(secret), "../secret.conf", "link.conf"):
        reading = read(home, f"include {include};{PASS}")
        assert not reading.places
        assert [remark.slug for remark in reading.unknown] == [None], include
