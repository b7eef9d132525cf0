"""Nothing is dead: each class of the style sheets, icon, template and script is named somewhere.

What is searched are names, not prose: class attributes and the strings inside template tags, the strings of scripts,
and the strings of Python code, each without what is translated.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from django.contrib import admin
from django.template.utils import get_app_template_dirs

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES, STATIC = ROOT / "templates", ROOT / "static"
# The pages of statuses are looked for by name: by Django, by the sign-in library (429) and by the error handlers.
OF_STATUSES = {f"{name}.html" for name in ("400", "403", "403_csrf", "404", "429", "500", "503")}
TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
STRING = re.compile(r'"([^"\n]*)"|\'([^\'\n]*)\'|`([^`]*)`')
WORD = re.compile(r"[\w-]+")
TRANSLATIONS = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}


@dataclass
class Names:
    """What the code names: whole strings, the words of them, and beginnings that are completed when a page is made."""

    strings: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    beginnings: set[str] = field(default_factory=set)

    def add(self, text: str) -> None:
        self.strings.add(text)
        self.words.update(WORD.findall(text))

    def add_beginning(self, text: str) -> None:
        if len(text) > 1:
            self.beginnings.add(text)

    def have(self, name: str) -> bool:
        return name in self.words or name in self.strings or name.startswith(tuple(self.beginnings))


def read(folder: Path, *patterns: str) -> Iterator[tuple[Path, str]]:
    for pattern in patterns:
        for path in sorted(folder.rglob(pattern)):
            yield path, path.read_text()


def of_django_admin() -> Path:
    return Path(admin.__file__).parent


@cache
def names_of_django_admin() -> Names:
    """What the templates and scripts of Django's admin name: the operator's site draws them in the house's look."""
    found = Names()
    for _path, text in read(of_django_admin(), "*.html", "*.js", "*.css", "*.py"):
        found.add(text)
    return found


@cache
def names() -> Names:
    found = Names()
    for _path, text in read(TEMPLATES, "*.html", "*.txt"):
        add_template(found, text)
    for _path, text in read(STATIC / "js", "*.js"):
        for string in STRING.findall(re.sub(r"^\s*(//|import ).*$", "", text, flags=re.MULTILINE)):
            found.add("".join(string))
    for folder in (ROOT / "applications", ROOT / "config"):
        for _path, text in read(folder, "*.py"):
            add_python(found, ast.parse(text))
    return found


def add_template(found: Names, text: str) -> None:
    for block in re.findall(r"\{% block width %\}([\w -]*)\{% endblock %\}", text):
        found.add(block)
    for tag in TAG.findall(text):
        if not re.match(r"\{% (translate|blocktranslate|comment)|\{#", tag):
            for string in STRING.findall(tag):
                found.add("".join(string))
    markup = TAG.sub(lambda tag: "\0" if tag[0].startswith("{{") else " ", text)
    for value in re.findall(r'class="([^"]*)"', markup):
        for name in value.split():
            add = found.add_beginning if "\0" in name else found.add
            add(name.partition("\0")[0])


def add_python(found: Names, tree: ast.AST) -> None:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRANSLATIONS:
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue  # a docstring
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            beginning = str(node.values[0].value)
            if "/" in beginning:  # of the name of a template; others would hide dead names
                found.add_beginning(beginning)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        add_python(found, node)


def selectors(css: str) -> str:
    """A style sheet without comments, strings, addresses and values."""
    css = re.sub(r"/\*.*?\*/|url\(.*?\)|\"[^\"]*\"", "", css, flags=re.DOTALL)
    return re.sub(r":\s[^{};]*;|@[^{;]*[{;]", "", css)


def classes() -> Iterator[tuple[str, str]]:
    for path, css in read(STATIC / "css", "*.css"):
        for name in sorted(set(re.findall(r"\.([a-zA-Z_][\w-]*)", selectors(css)))):
            yield path.name, name


def icons() -> list[str]:
    return re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text())


def own_templates() -> list[str]:
    return [str(path.relative_to(TEMPLATES)) for path, _text in read(TEMPLATES, "*.html", "*.txt")]


def replaces_a_template_of_a_library(name: str) -> bool:
    return any((folder / name).exists() for folder in get_app_template_dirs("templates"))


def is_named(file: str, name: str) -> bool:
    return names().have(name) or (file == "operator.css" and names_of_django_admin().have(name))


def test_every_class_of_the_style_sheets_is_named() -> None:
    found = list(classes())
    assert len(found) > 100
    assert [(file, name) for file, name in found if not is_named(file, name)] == []


def test_every_property_of_the_style_sheets_is_used() -> None:
    text = "".join(text for _path, text in read(STATIC, "*.css", "*.svg"))
    of_admin = "".join(text for _path, text in read(of_django_admin(), "*.css"))
    made = set(re.findall(r"^\s*(--[\w-]+):", text, re.MULTILINE))
    assert len(made) > 20
    assert made - set(re.findall(r"var\((--[\w-]+)", text + of_admin)) == set()


def test_every_icon_is_named() -> None:
    found = icons()
    assert len(found) > 20
    assert [name for name in found if not names().have(name)] == []


def test_every_template_is_rendered() -> None:
    found = own_templates()
    assert len(found) > 100
    unnamed = [name for name in found if name not in OF_STATUSES and not names().have(name)]
    assert [name for name in unnamed if not replaces_a_template_of_a_library(name)] == []


def test_every_script_is_imported() -> None:
    imported = {
        name
        for _path, text in read(STATIC / "js", "*.js")
        for name in re.findall(r'^import (?:.* from )?"\./([\w-]+\.js)";$', text, re.MULTILINE)
    }
    found = {path.name for path, _text in read(STATIC / "js", "*.js")}
    assert [name for name in sorted(found - imported) if not names().have(f"js/{name}")] == []


@pytest.mark.parametrize("name", ["dead-class", "page", "verb-get"])
def test_a_name_is_found_only_where_something_uses_it(name: str) -> None:
    assert names().have(name) is (name != "dead-class")
