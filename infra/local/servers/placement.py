"""Directories for servers that root starts under another account, without opening anybody's own directory."""

import hashlib
import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.local.errors import LauncherError

STATE_DIRECTORIES = (Path("/var/lib/nexus"), Path("/var/tmp/nexus"))  # noqa: S108  created 0711, contents 0700

TEMPORARY_DIRECTORIES = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108  only parents of directories with random names


@dataclass(frozen=True)
class Account:
    """The operating system account of a server."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the account for a server that root starts; None for any other user.

    Postgres refuses to run as root; other users run it as themselves.
    """
    if os.geteuid() != 0:
        _check_name(os.geteuid())
        return None
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LauncherError(
        "Postgres refuses to run as root, and this machine has neither the account nobody nor daemon.",
        mend="Run as an ordinary user, or set NEXUS_DATABASE_URL to a Postgres that already runs.",
    )


def owner(path: Path) -> Account:
    status = path.stat()
    return Account(status.st_uid, status.st_gid)


def _check_name(uid: int) -> None:
    try:
        pwd.getpwuid(uid)
    except KeyError as error:
        raise LauncherError(
            f"Postgres does not run under an account without a name, and user {uid} has none.",
            mend="Add the user to /etc/passwd, run as another, or set NEXUS_DATABASE_URL to a Postgres that runs.",
        ) from error


def can_traverse(account: Account, directory: Path) -> bool:
    """Return whether mode bits let the account pass through the directory and all its parents."""
    for step in (directory, *directory.parents):
        status = step.stat()
        if status.st_uid == account.uid:
            bit = 0o100
        elif status.st_gid == account.gid:
            bit = 0o010
        else:
            bit = 0o001
        if not status.st_mode & bit:
            return False
    return True


def throwaway_directory(account: Account) -> Path:
    """Make a new directory that the account can reach, for one run."""
    roots = (Path(tempfile.gettempdir()), *TEMPORARY_DIRECTORIES)
    root = next((root for root in roots if can_traverse(account, root)), roots[0])
    directory = Path(tempfile.mkdtemp(prefix="nexus-", dir=root))
    directory.chmod(0o711)
    return directory


def state_directory(owner_of: Path) -> Path:
    """Make a reachable directory for the files of `owner_of` that cannot be stored there."""
    name = hashlib.sha256(str(owner_of.resolve()).encode()).hexdigest()[:16]
    for root in STATE_DIRECTORIES:
        try:
            root.mkdir(mode=0o711, exist_ok=True)
            reachable = root / name
            reachable.mkdir(mode=0o711, exist_ok=True)
        except OSError:
            continue
        for directory in (root, reachable):
            if directory.stat().st_uid == os.geteuid():
                directory.chmod(0o711)
        return reachable
    raise LauncherError(
        f"Neither {STATE_DIRECTORIES[0]} nor {STATE_DIRECTORIES[1]} can be created for the database's files.",
        mend="Set NEXUS_DATA_DIR to a directory whose parents everybody may traverse, for example /srv/nexus.",
    )


def reachable_programs(account: Account | None, programs: Path, *, directory: Path) -> Path:
    """Return the bin directory, or a copy of its installation under `directory` if the account cannot reach it."""
    if account is None or can_traverse(account, programs):
        return programs
    installation = programs.parent
    status = (programs / "postgres").stat()
    version = hashlib.sha256(f"{programs} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:16]
    copies = directory / "programs"
    target = copies / version / installation.parent.name / installation.name
    if not target.exists():
        shutil.rmtree(copies, ignore_errors=True)
        _copy_installation(installation, target)
        for folder in (copies, target.parents[1], target.parents[0]):
            folder.chmod(0o755)
    return target / "bin"


def _copy_installation(installation: Path, target: Path) -> None:
    # The wheel keeps libpq beside its package and finds it by a relative path: copy both, in the same layout.
    libraries = installation.parent.with_name(f"{installation.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target.parent.with_name(libraries.name))
    partial = target.with_name(f"{target.name}.new")
    shutil.copytree(installation, partial, ignore=shutil.ignore_patterns("include", "doc"))
    partial.replace(target)


def set_aside(directory: Path) -> None:
    """Move the directory aside, in place of one moved there before."""
    older = directory.with_name(f"{directory.name}.old")
    shutil.rmtree(older, ignore_errors=True)
    directory.replace(older)
