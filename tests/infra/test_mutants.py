"""Which mutants are made and chosen, with which tests they are tried, and what is said of them."""

import pytest

from infra.mutants import tree
from infra.mutants.__main__ import report
from infra.mutants.runs import Stats, Verdict, choose_tests
from infra.mutants.tree import ROOMS, Mutant, choose, room_of, write_copy

OWN = "tests/shared/tenancy/test_models.py"
ROOM = "tests/shared/tenancy/test_other.py"
FAR = "tests/functions/test_far.py"
SOURCE = """
def greet(name):
    if not name:
        raise ValueError("a name is what we need here")
    return "hello " + name
"""


@pytest.fixture
def mutants(tmp_path, monkeypatch):
    """Return the mutants of one small module in a repository of its own."""
    root, room = tmp_path / "repository", "shared/tenancy"
    for name in tree._COPIED:
        (root / name).mkdir(parents=True)
    (root / room).mkdir()
    (root / room / "models.py").write_text(SOURCE)
    for name in ("pyproject.toml", "Makefile"):
        (root / name).write_text("")
    monkeypatch.setattr(tree, "ROOT", root)
    monkeypatch.setattr(tree, "ROOMS", (room,))
    monkeypatch.setattr(tree, "COPY", root / "build/mutants")
    tree.COPY.mkdir(parents=True)
    return write_copy([room])


def mutant_of(number: int, room: str = "shared/tenancy") -> Mutant:
    return Mutant(f"shared.tenancy.models.x_greet__mutmut_{number}", room, "shared/tenancy/models.py", "- a\n+ b")


def test_a_mutant_is_one_change_of_one_function_beside_the_others(mutants):
    assert {mutant.function for mutant in mutants} == {"shared.tenancy.models.x_greet"}
    assert {mutant.room for mutant in mutants} == {"shared/tenancy"}
    assert "- if not name:\n+ if name:" in {mutant.difference for mutant in mutants}
    code = (tree.COPY / "shared/tenancy/models.py").read_text()
    assert all(mutant.name.rpartition(".")[2] in code for mutant in mutants)


def test_other_words_of_a_message_are_no_mutant_and_no_message_is_one(mutants):
    differences = [mutant.difference for mutant in mutants]
    assert not any("XXa name" in each or "A NAME" in each for each in differences)
    assert any("ValueError(None)" in each for each in differences)
    assert any("HELLO" in each for each in differences)


def test_a_module_belongs_to_the_narrowest_room():
    assert room_of("shared/edge/idempotency.py") == "shared/edge/idempotency.py"
    assert room_of("shared/edge/call.py") == "shared/edge"


def test_a_sample_has_as_many_of_each_room_and_is_the_same_for_a_seed():
    found = [mutant_of(number, room) for room in ROOMS[:2] for number in range(20)]
    chosen = choose(found, 5, seed=1)
    assert [mutant.room for mutant in chosen] == [ROOMS[0]] * 5 + [ROOMS[1]] * 5
    assert chosen == choose(found, 5, seed=1) != choose(found, 5, seed=2)
    assert len(choose(found, 50, seed=1)) == 40


def test_the_tests_of_the_module_come_first_and_each_file_has_its_turn():
    durations = {f"{FAR}::a": 0.1, f"{FAR}::b": 0.2, f"{ROOM}::a": 0.3, f"{OWN}::a": 3.0, f"{OWN}::b": 1.0}
    stats = Stats(durations, {mutant_of(1).function: list(durations)})
    assert choose_tests(mutant_of(1), stats) == [f"{OWN}::b", f"{OWN}::a", f"{ROOM}::a", f"{FAR}::a", f"{FAR}::b"]


def test_a_test_that_takes_too_long_is_left_out_unless_it_is_the_only_one():
    durations = {f"{OWN}::slow": 100.0, f"{OWN}::quick": 0.1, f"{FAR}::quick": 0.1}
    stats = Stats(durations, {"one": list(durations), "slow": [f"{OWN}::slow"]})
    named = [mutant_of(1)._replace(name=f"{function}__mutmut_1") for function in ("one", "slow", "none")]
    assert [choose_tests(mutant, stats) for mutant in named] == [
        [f"{OWN}::quick", f"{FAR}::quick"],
        [f"{OWN}::slow"],
        [],
    ]


@pytest.mark.parametrize(("least", "code"), [(0, 0), (75, 0), (76, 1)])
def test_too_small_a_share_fails_and_survivors_are_named(capsys, least, code):
    outcomes = ["killed", "timeout", "killed", "survived", "untried"]
    verdicts = [Verdict(mutant_of(number), outcome) for number, outcome in enumerate(outcomes)]
    assert report(verdicts, least=least) == code
    said = capsys.readouterr().out
    assert "survived: shared.tenancy.models.x_greet__mutmut_3\n- a\n+ b" in said
    assert "shared/tenancy: 3 of 4 noticed (75%)" in said
    assert "THERE WAS NO TIME for 1 of 5 mutants" in said
