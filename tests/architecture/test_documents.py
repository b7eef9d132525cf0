"""What the documents say is what there is."""

import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / ".env.example").read_text()
README = (ROOT / "README.md").read_text()


def settings_read() -> set[str]:
    """Names of the environment that settings.py reads, and serving.py."""
    source = "".join((ROOT / "config" / name).read_text() for name in ("settings.py", "serving.py"))
    return set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z_]+)"', source))


def test_every_setting_is_in_the_example_with_its_meaning() -> None:
    described = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))
    assert len(settings_read()) > 15
    assert settings_read() <= described


def test_every_setting_of_the_example_is_read_somewhere() -> None:
    read = settings_read() | set(re.findall(r"[A-Z_]{4,}", (ROOT / "run").read_text()))
    read |= {"LATCHKEY_OWNER_PASSWORD", "LATCHKEY_MEMBER_PASSWORD"}  # by create_account and add_member
    assert set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE)) <= read


@pytest.mark.parametrize(
    "name", sorted(name for name, app in get_commands().items() if app == "applications")
)
def test_every_command_is_in_the_readme(name: str) -> None:
    assert name in README


def client_paths(patterns: list[URLPattern | URLResolver] | None = None) -> list[str]:
    found = []
    for pattern in patterns or get_resolver("applications.oauth.urls").url_patterns:
        found.append(str(pattern.pattern))
    return found


@pytest.mark.parametrize(
    "path", [*client_paths(), *client_paths(get_resolver("applications.api.urls").url_patterns)]
)
def test_every_path_for_clients_is_in_the_readme(path: str) -> None:
    written = re.sub(r"<\w+:(\w+)>", r"{\1}", path)
    assert written.replace("application_id", "applicationId").replace("delivery_id", "id") in README


@pytest.mark.parametrize(
    "note", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda note: note.stem
)
def test_decisions_are_numbered_and_short(note: Path) -> None:
    text = note.read_text()
    assert text.startswith(f"# {note.stem[:4]} ")
    assert len(text.splitlines()) <= 60


def test_links_between_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


NAMED = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|html|css|js|md|toml|txt|svg)|(?:[\w.-]+/)+)`")
PLACES = (ROOT, ROOT / "applications", ROOT / "static", ROOT / "docs", ROOT / "config", ROOT / "templates")
MADE_BY_A_RUN = {"var/", "var/bench/", "var/faketime/", "var/metrics/", "var/test-results/"}


def is_there(name: str, document: Path) -> bool:
    """Whether a document names a file or folder that exists: from the root, a floor, or beside its neighbours."""
    places = [*PLACES, document.parent, *(ROOT / "applications").glob("*/"), *(ROOT / "templates").glob("*/")]
    return name in MADE_BY_A_RUN or any((place / name).exists() for place in places)


@pytest.mark.parametrize(
    "document",
    [ROOT / "README.md", ROOT / "bench" / "README.md", *sorted((ROOT / "docs").rglob("*.md"))],
    ids=lambda document: str(document.relative_to(ROOT)),
)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    named = set(NAMED.findall(document.read_text()))
    assert [name for name in sorted(named) if not is_there(name, document)] == []


def test_the_architecture_names_every_folder() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    folders = [path for path in (ROOT / "applications").glob("*/") if (path / "__init__.py").exists()]
    missing = [path.name for path in folders if f"{path.name}/`" not in text and path.name != "migrations"]
    assert (missing, len(folders) > 8) == ([], True)
