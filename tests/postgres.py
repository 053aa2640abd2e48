"""A real PostgreSQL from the machine's packages, in a temporary folder, on a socket of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

_DEBIAN = Path("/usr/lib/postgresql")


class PostgresMissing(Exception):
    """There is no PostgreSQL server that could be started; says why."""


class Postgres:
    """A server that can be stopped and started."""

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self._programs = programs
        self._folder = folder
        self._user = user

    def url(self, database: str = "postgres") -> str:
        """As BINOCLE_DATABASE takes it."""
        return f"postgresql://binocle@/{database}?host={quote(str(self._folder))}"

    def create(self, database: str) -> str:
        """The URL of a new, empty database."""
        self._run("createdb", "-h", str(self._folder), "-U", "binocle", database)
        return self.url(database)

    def initialise(self) -> None:
        options = ("--auth=trust", "--encoding=UTF8", "--no-sync")
        self._run("initdb", "-D", str(self._data), "-U", "binocle", *options)

    def start(self) -> None:
        # No TCP port; files needn't outlive the machine.
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-w", "-m", "immediate", "stop")

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(
            command,
            user=self._user,
            cwd=self._folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            stdout=subprocess.PIPE if program != "pg_ctl" else subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout or (self._folder / "log").read_text()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """A server while the block runs. Raises PostgresMissing."""
    programs, user = _programs(), _user()
    # A socket's path has a hundred characters at most: pytest's own folders may be longer.
    with tempfile.TemporaryDirectory(prefix="pg") as name:
        folder = Path(name)
        if user is not None:
            shutil.chown(folder, user)
        server = Postgres(programs, folder, user)
        server.initialise()
        server.start()
        try:
            yield server
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                server.stop()


def _programs() -> Path:
    on_path = shutil.which("initdb")
    found = [*sorted(_DEBIAN.glob("*/bin"), reverse=True)]
    found += [Path(on_path).resolve().parent] if on_path else []
    for folder in found:
        if all((folder / program).exists() for program in ("initdb", "pg_ctl", "createdb")):
            return folder
    raise PostgresMissing("no PostgreSQL server is installed (Debian: apt-get install postgresql)")


def _user() -> str | None:
    """The account to run it under, which must not be root's; None is one's own."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise PostgresMissing("root may not run PostgreSQL, and there is no account to run it under")
