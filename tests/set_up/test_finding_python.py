"""`./run` finds a Python that is new enough, says what is missing where none is, and survives a bad end."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = ["cat", "cmp", "cp", "dirname", "env", "grep", "ln", "mkdir", "mktemp", "od", "rm", "sh", "tr"]
AN_OLD_PYTHON = """#!/bin/sh
case "$*" in
    *"python3 is"*) echo "python3 is 3.11.7" ;;
    *) exit 1 ;;
esac
"""


@pytest.fixture
def poor(tmp_path: Path, shell: dict[str, str]) -> dict[str, str]:
    """The environment of a machine with a shell, its common tools and a Python 3.11, and nothing else."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (folder / tool).symlink_to(found)
    (folder / "python3").write_text(AN_OLD_PYTHON)
    (folder / "python3").chmod(0o755)
    kept = {name: value for name, value in shell.items() if name != "PYENV_ROOT"}
    return {**kept, "PATH": str(folder), "HOME": str(tmp_path)}


def _run(checkout: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["./run", "manage"],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _give_pyenv_this_python(root: Path) -> None:
    version = root / "versions" / "{}.{}.{}".format(*sys.version_info[:3])
    version.parent.mkdir(parents=True)
    version.symlink_to(sys.base_prefix)


def test_where_there_is_no_python_new_enough_it_says_so(bare: Path, poor: dict[str, str]) -> None:
    done = _run(bare, poor)
    assert done.returncode == 1
    assert "needs Python 3.12 or newer" in done.stderr
    assert "python3 is 3.11.7" in done.stderr
    assert "apt install python3" in done.stderr
    assert not (bare / ".venv").exists()


def test_it_finds_one_of_pyenv_where_python3_is_too_old(
    bare: Path, poor: dict[str, str], tmp_path: Path
) -> None:
    _give_pyenv_this_python(tmp_path / ".pyenv")
    done = _run(bare, poor)
    assert done.returncode == 0, done.stderr
    assert f"Ran on {sys.version_info[:2]}" in done.stdout
    assert not (bare / ".venv.unfinished").exists()


def _cut_off(checkout: Path) -> None:
    """Leave what a set-up leaves that is killed half-way."""
    half_made = checkout / ".venv" / "bin"
    half_made.mkdir(parents=True)
    (half_made / "python").symlink_to(sys.executable)
    (checkout / ".venv.unfinished").touch()


def test_one_of_two_makes_anew_what_was_cut_off_and_only_changed_requirements_are_installed_again(
    bare: Path, shell: dict[str, str]
) -> None:
    _cut_off(bare)
    both = [
        subprocess.Popen(
            ["./run", "manage"],
            cwd=bare,
            env=shell,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [process.communicate(timeout=120) for process in both]
    assert all("Ran on" in printed for printed, _ in answers)
    made = [complaints for _, complaints in answers if "Making .venv" in complaints]
    assert len(made) == 1
    assert "Installing requirements.txt" in made[0]
    assert (bare / ".venv" / "pyvenv.cfg").exists()
    assert not (bare / ".venv.unfinished").exists()
    assert _run(bare, shell).stderr == ""
    (bare / "requirements.txt").write_text("# none yet\n")
    changed = _run(bare, shell).stderr
    assert "Installing requirements.txt" in changed
    assert "Making" not in changed


def test_it_can_be_started_from_anywhere(bare: Path, shell: dict[str, str]) -> None:
    done = subprocess.run(
        [os.fspath(bare / "run"), "help"], cwd="/", env=shell, capture_output=True, text=True, check=True
    )
    assert "./run test" in done.stdout
