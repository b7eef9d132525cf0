"""Static files under hashed names, what a page needs put together in one style sheet and one script."""

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from config.bundles import BUNDLES

type Paths = dict[str, tuple[Storage, str]]  # name → where its file comes from, and its name there


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Hashes and compresses what `collectstatic` found, after config/bundles.py has put the bundles together."""

    # Off by default in Django, since it reads every script; ours import each other by relative names.
    support_js_module_import_aggregation = True

    def post_process(self, paths: Paths, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Process `paths` with the bundles in the places of the files that they are named after."""
        yield from super().post_process(_with_bundles(paths), dry_run=dry_run, **options)


def _with_bundles(paths: Paths) -> Paths:
    def read(name: str) -> str:
        storage, path = paths[name]
        with storage.open(path) as file:
            return str(file.read().decode())

    bundles = InMemoryStorage()
    for name, bundle in BUNDLES.items():
        bundles.save(name, ContentFile(bundle(name, read).encode()))
    return {**paths, **{name: (bundles, name) for name in BUNDLES}}
