"""One style sheet and one script a page, put together of small files when static files are collected.

`css/panel.css` and `js/panel.js` import the files that they consist of. A browser follows these imports by itself, so
development needs no build; here each import is replaced by what it names, so that a page costs two requests.
Only the few forms of import and export that this code base uses are understood; any other raises ValueError.
"""

import re
from collections.abc import Callable
from posixpath import dirname, join

type Read = Callable[[str], str]

CSS_IMPORT = re.compile(r'^@import url\("([\w-]+\.css)"\);$', re.MULTILINE)
JS_IMPORT = re.compile(r'^import (?:\{ ([\w, ]+) \} from )?"\./([\w-]+\.js)";$', re.MULTILINE)
JS_EXPORT = re.compile(r"^export (?=(?:async )?function (\w+))", re.MULTILINE)
LEFT_OVER = re.compile(r"^(@import\b|import\b|export\b|await\b).*", re.MULTILINE)


def bundled_css(name: str, read: Read) -> str:
    """Return the style sheet `name` with the sheets that it imports, in their order."""
    folder = dirname(name)
    return _whole(name, CSS_IMPORT.sub(lambda found: read(join(folder, found[1])), read(name)))


def bundled_js(name: str, read: Read) -> str:
    """Return the module `name` and all that it imports, each as a function of its own and after what it needs."""
    done: dict[str, str] = {}
    _add_module(dirname(name), name, read, done)
    return "\n".join(done.values())


def _add_module(folder: str, name: str, read: Read, done: dict[str, str]) -> None:
    text = read(name)
    for _names, file in JS_IMPORT.findall(text):
        if join(folder, file) not in done:
            _add_module(folder, join(folder, file), read, done)
    exports = ", ".join(JS_EXPORT.findall(text))
    body = _whole(name, JS_EXPORT.sub("", JS_IMPORT.sub(_local_names, text)))
    done[name] = f"const {_variable(name)} = (() => {{\n{body}return {{ {exports} }};\n}})();"


def _local_names(found: re.Match[str]) -> str:
    names, file = found.groups()
    return f"const {{ {names} }} = {_variable(file)};" if names else ""


def _variable(name: str) -> str:
    return re.sub(r"\W", "_", name.rpartition("/")[2])


def _whole(name: str, text: str) -> str:
    if found := LEFT_OVER.search(text):
        raise ValueError(f"{name}: a bundle cannot hold `{found[0]}` (config/bundles.py)")
    return text


BUNDLES: dict[str, Callable[[str, Read], str]] = {"css/panel.css": bundled_css, "js/panel.js": bundled_js}
