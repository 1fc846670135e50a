"""The check of commit subjects: what it refuses, and which commits it reads."""

import subprocess

import pytest

from infra.lint import commits


@pytest.mark.parametrize(
    "subject",
    [
        "Add a check of commit subjects",
        "Re-read a row that changed",
        "Bring the inbox up to date",
        "Speed up the list of orders",
        "Merge branch 'orders'",
        'Revert "A subject that was too long and was written long before anybody looked at these things"',
        "Add " + "x" * 68,
    ],
)
def test_an_imperative_subject_is_taken(subject):
    assert list(commits.faults(subject)) == []


@pytest.mark.parametrize(
    "subject",
    ["A", "Added a check", "Adding a check", "The check", "REST: add a check", "add a check", "Add " + "x" * 69, ""],
)
def test_a_subject_that_is_no_short_imperative_is_refused(subject, capsys):
    assert len(list(commits.faults(subject))) == 1
    assert commits.check([subject, "Add a check"]) == 1
    assert "1 findings in 2 commits" in capsys.readouterr().out


@pytest.fixture
def repository(tmp_path):
    """Return a function that runs git in an empty repository, and its folder."""
    root = tmp_path / "repository"
    root.mkdir()

    def git(*arguments):
        settings = ("-c", "user.name=Nobody", "-c", "user.email=nobody@nexus.example", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *settings, *arguments], cwd=root, check=True, capture_output=True)  # noqa: S607

    git("init", "-b", "main")
    return git, root


def test_commits_that_are_not_on_main_are_read(repository):
    git, root = repository
    git("commit", "--allow-empty", "-m", "Old")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    git("commit", "--allow-empty", "-m", "Add one")
    git("commit", "--allow-empty", "-m", "Add two")
    assert commits.subjects(root) == ["Add two", "Add one"]


def test_commits_since_the_last_release_are_read_where_there_is_no_main(repository):
    git, root = repository
    git("commit", "--allow-empty", "-m", "Old")
    git("tag", "v1")
    git("commit", "--allow-empty", "-m", "Add one")
    assert commits.subjects(root) == ["Add one"]


def test_commits_since_the_check_came_are_read_where_there_is_no_release(repository):
    git, root = repository
    git("commit", "--allow-empty", "-m", "Old")
    (root / commits.CHECK).parent.mkdir(parents=True)
    (root / commits.CHECK).touch()
    git("add", ".")
    git("commit", "-m", "Bring the check")
    git("commit", "--allow-empty", "-m", "Add one")
    assert commits.subjects(root) == ["Add one"]


def test_a_shallow_clone_is_read_as_far_as_it_goes(repository, tmp_path):
    git, root = repository
    for subject in ("Old", "Older"):
        git("commit", "--allow-empty", "-m", subject)
    clone = tmp_path / "clone"
    git("clone", "--depth", "1", root.as_uri(), str(clone))
    assert commits.subjects(clone) == []


def test_a_tree_without_git_is_not_read(tmp_path, repository, monkeypatch, capsys):
    _, root = repository
    inner = root / "inner"
    inner.mkdir()
    assert commits.subjects(tmp_path) is None
    assert commits.subjects(inner) is None, "an archive within somebody's repository"
    monkeypatch.setenv("PATH", "")
    assert commits.subjects(root) is None
    assert commits.check(None) == 0
    assert "not checked" in capsys.readouterr().out
