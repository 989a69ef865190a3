"""A `Policy` of corsense's own is extended where it is written, or left alone."""

from __future__ import annotations

import pytest

from corsense.fix.edits import extend_policy

ADDED = "app.add_middleware(CORSMiddleware, policy={})\n"


@pytest.mark.parametrize(
    ("policy", "extended"),
    [
        ('Policy(origins=["a"])', 'Policy(origins=["a"], methods=["PUT", "PATCH"])'),
        ('Policy(origins=["a"], methods=["PUT"])', 'Policy(origins=["a"], methods=["PUT", "PATCH"])'),
        ("Policy(origins=['a'], methods=('DELETE',))", "Policy(origins=['a'], methods=('DELETE', 'PUT', 'PATCH'))"),
        ('Policy.production(["a"], methods=["PUT"])', 'Policy.production(["a"], methods=["PUT", "PATCH"])'),
        ('corsense.Policy(origins=["a"], methods=[])', 'corsense.Policy(origins=["a"], methods=["PUT", "PATCH"])'),
        ('Policy(origins=["a"], methods=["*"])', None),
        ('Policy(origins=["a"], methods=["PUT", "PATCH"])', None),
        ('Policy(origins=["a"], methods=settings.methods)', None),
        ('Policy(origins=["a"], **more)', None),
        ('Policy.production(["a"])', None),
        ("load_policy()", None),
        ("settings.policy", None),
    ],
)
def test_methods_are_added_to_the_policy_in_the_call(policy: str, extended: str | None) -> None:
    edited = extend_policy(ADDED.format(policy), 1, "methods", ["PUT", "PATCH"])
    assert edited == (None if extended is None else ADDED.format(extended))


@pytest.mark.parametrize("call", ["install(app, policy)", "install(app, policy=policy)", "corsense.install(app, policy)"])
def test_a_policy_that_has_a_name_is_extended_where_it_is_made(call: str) -> None:
    source = f'policy = Policy(\n    origins=["https://a.example"],\n)\n{call}\n'
    edited = extend_policy(source, 4, "origins", ["https://b.example"])
    assert edited == source.replace('["https://a.example"]', '["https://a.example", "https://b.example"]')


def test_a_name_that_stands_for_several_policies_is_left_alone() -> None:
    source = 'policy = Policy(origins=["a"])\nif late:\n    policy = Policy(origins=["b"])\ninstall(app, policy)\n'
    assert extend_policy(source, 4, "origins", ["c"]) is None


def test_the_case_of_headers_does_not_count_and_that_of_methods_does() -> None:
    source = ADDED.format('Policy(origins=["a"], request_headers=["X-Token"], methods=["patch"])')
    assert extend_policy(source, 1, "request_headers", ["x-token"]) is None
    assert extend_policy(source, 1, "methods", ["PATCH"]) == source.replace('["patch"]', '["patch", "PATCH"]')
