"""The steps of the Dockerfile in a clean folder, for where no container engine runs.

The folder has this machine's programs and Python for a base image, read-only, and nothing else. Each step sees that
folder as its root (chroot), in mounts and processes of its own (unshare), which needs Linux and root.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.environments import ENVIRONMENT, link_environment
from tests.servers import ROOT

PYTHON = Path(sys.base_prefix)
FILES_OF_A_BASE = ("/etc/ld.so.cache", "/etc/hosts", "/etc/nsswitch.conf")
LINKS_OF_A_BASE = ("/bin", "/lib", "/lib64", "/sbin")

# $1 the folder, $2 "rw" or "ro", $3 what it may write to, then folders to show as they are; after --, the command.
ENTER = """
root=$1 access=$2 volume=$3
shift 3
mount --make-rprivate /
mount --bind "$root" "$root"
while [ "$1" != -- ]; do
    mkdir -p "$root$1"
    mount --bind "$1" "$root$1"
    mount -o remount,bind,ro "$root$1"
    shift
done
shift
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
if [ "$access" = ro ]; then
    mount -t tmpfs -o uid=10001,gid=10001,mode=0700 volume "$root$volume"
    mount -o remount,bind,ro "$root"
fi
exec "$@"
"""


@dataclass
class Stage:
    """One stage of a Dockerfile: its name, the image it begins with, and its instructions in their order."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str:
        """Return what the last instruction of this kind says."""
        return next(said for kind, said in reversed(self.steps) if kind == instruction)

    @property
    def environment(self) -> dict[str, str]:
        """What ENV sets."""
        said = " ".join(said for kind, said in self.steps if kind == "ENV")
        return dict(pair.split("=", 1) for pair in shlex.split(said))


def stages() -> list[Stage]:
    """Return the stages of the Dockerfile."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    found: list[Stage] = []
    for line in filter(None, text.splitlines()):
        if line.startswith("#"):
            continue
        kind, said = line.split(maxsplit=1)
        if kind == "FROM":
            base, *_as, name = said.split() if " AS " in said else (said, "")
            found.append(Stage(name, base))
        else:
            found[-1].steps.append((kind, said))
    return found


UMASK = 0o022  # of builders and engines, whatever the tests were started with


class Folder:
    """An image that is built and run in a folder."""

    def __init__(self, place: Path) -> None:
        """Do the steps of the Dockerfile; raise `CalledProcessError` where one fails."""
        self.place = place
        before = os.umask(UMASK)
        try:
            for number, self.stage in enumerate(stages()):
                self.root = place / (self.stage.name or str(number))
                self._lay_base()
                self._build()
        finally:
            os.umask(before)

    def _lay_base(self) -> None:
        for name in ("dev", "etc", "proc", "tmp", "usr"):
            (self.root / name).mkdir(parents=True)
        for path in filter(os.path.exists, FILES_OF_A_BASE):
            shutil.copy(path, f"{self.root}{path}")
        for path in filter(os.path.islink, LINKS_OF_A_BASE):
            Path(f"{self.root}{path}").symlink_to(os.readlink(path))

    def _build(self) -> None:
        self.folder = Path(self.stage.last("WORKDIR"))
        self._at(".").mkdir(parents=True)
        if self.stage.name:  # the stage that installs; the last one copies from it
            link_environment(self._at("."), "requirements.txt")
        for kind, said in self.stage.steps:
            if kind == "COPY":
                self._copy(*said.split())
            elif kind == "RUN":
                command = self.entering("rw", "sh", "-ec", said)
                subprocess.run(command, check=True, capture_output=True, timeout=120)

    def _copy(self, *said: str) -> None:
        *sources, target = said
        if sources[0].startswith("--from="):
            other = self.place / sources.pop(0).removeprefix("--from=")
            shutil.copytree(f"{other}{sources[0]}", f"{self.root}{target}", symlinks=True, dirs_exist_ok=True)
            os.chown(self._at("var"), 10001, 10001)  # copytree leaves out who owns what
            return
        for source in sources:
            path = ROOT / source
            if path.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(path, self._at(target), ignore=ignored)
            else:
                shutil.copy(path, self._at(target))

    def _at(self, name: str) -> Path:
        return Path(f"{self.root}{self.folder}") / name

    def entering(self, access: str, *command: str) -> list[str]:
        """Return the command line that runs `command` in the folder, "ro" as a container or "rw" as a step."""
        shown = [str(path) for path in (Path("/usr"), PYTHON, ENVIRONMENT) if path.is_dir()]
        user = ["--userspec", self.stage.last("USER")] if access == "ro" else []
        inside = ["env", "-C", str(self.folder), *command]
        return [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", ENTER, "enter"),
            *(str(self.root), access, str(self.folder / "var"), *shown, "--"),
            *("chroot", *user, str(self.root), *inside),
        ]

    def start(self, *arguments: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        """Run the image with a read-only root, as its user, with no variable that it was not given."""
        path = {"PATH": f"{PYTHON / 'bin'}:/usr/local/bin:/usr/bin:/bin:/usr/sbin"}
        with log.open("wb") as output:
            return subprocess.Popen(
                self.entering("ro", *json.loads(self.stage.last("ENTRYPOINT")), *arguments),
                env={**path, **self.stage.environment, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                umask=UMASK,
            )

    def is_healthy(self, process: int, **environment: str) -> bool:
        """Whether the image's own check of health is content, run beside the process of this ID."""
        said = self.stage.last("HEALTHCHECK")
        command = json.loads(said[said.index("CMD ") + 4 :])
        inside = ["nsenter", "--target", str(process), "--mount", "--root", "--wd"]
        variables = {**self.stage.environment, **environment}
        return (
            subprocess.run([*inside, *command], env=variables, capture_output=True, timeout=30).returncode
            == 0
        )


def first_of(unshare: subprocess.Popen[bytes]) -> int:
    """Return the ID of the process that is the first in there, as seen from here."""
    children = Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children").read_text().split()
    return int(children[0])
