"""What a page loads: one style sheet and one script, put together of files that say the same one by one."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import override_settings

from config.bundles import bundled_css, bundled_js

# The operator's site loads these two around Django's own style sheet.
NOT_BUNDLED = {"panel.css", "operator.css", "operator-layers.css"}
STATIC = Path(__file__).resolve().parent.parent.parent / "static"
MANIFEST = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "config.static_files.StaticFiles"},
}


def own(name: str) -> str:
    return (STATIC / name).read_text()


def of(**files: str) -> Callable[[str], str]:
    return {f"js/{name}.js": text for name, text in files.items()}.__getitem__


def test_a_page_asks_for_one_style_sheet_and_one_script() -> None:
    head = render_to_string("base.html").partition("</head>")[0]
    assert head.count('rel="stylesheet"') == head.count("<script") == 1


def test_every_style_sheet_and_script_is_in_the_bundle() -> None:
    css, script = bundled_css("css/panel.css", own), bundled_js("js/panel.js", own)
    for path in STATIC.glob("css/*.css"):
        assert path.name in NOT_BUNDLED or path.read_text() in css, path.name
    for path in STATIC.glob("js/*.js"):
        assert script.count(f"const {re.sub(r'\W', '_', path.name)} = ") == 1, path.name


def test_a_module_has_names_of_its_own_and_what_it_imports() -> None:
    read = of(
        panel='import "./one.js";\nimport "./two.js";\n',
        one='import { say } from "./says.js";\nconst own = 1;\nsay(own);\n',
        two='import { say } from "./says.js";\nconst own = 2;\nsay(own);\n',
        says="export function say(word) {\n  said.push(word);\n}\n",
    )
    assert bundled_js("js/panel.js", read) == (
        "const says_js = (() => {\nfunction say(word) {\n  said.push(word);\n}\nreturn { say };\n})();\n"
        "const one_js = (() => {\nconst { say } = says_js;\nconst own = 1;\nsay(own);\nreturn {  };\n})();\n"
        "const two_js = (() => {\nconst { say } = says_js;\nconst own = 2;\nsay(own);\nreturn {  };\n})();\n"
        "const panel_js = (() => {\n\n\nreturn {  };\n})();"
    )


@pytest.mark.parametrize(
    "line", ['import * as x from "./one.js";', "export const x = 1;", "export default 1;", "await x();"]
)
def test_what_a_bundle_cannot_hold_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"js/panel\.js: a bundle cannot hold"):
        bundled_js("js/panel.js", of(panel=f"{line}\n"))


def test_collected_files_are_the_bundles(tmp_path: Path) -> None:
    with override_settings(STATIC_ROOT=tmp_path, STORAGES=MANIFEST):
        call_command("collectstatic", interactive=False, verbosity=0)
    names = json.loads((tmp_path / "staticfiles.json").read_text())["paths"]
    css, script = (tmp_path / names[name] for name in ("css/panel.css", "js/panel.js"))
    assert "@import" not in css.read_text()
    assert not re.search(r"^(import|export) ", script.read_text(), re.MULTILINE)
    fonts = re.findall(r'url\("\.\./(fonts/[^"]+)"\)', css.read_text())
    assert fonts
    assert all((tmp_path / font).exists() for font in fonts)
    assert css.with_name(f"{css.name}.gz").exists()
