"""Static files under hashed names, the modules that import one another included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFiles(CompressedManifestStaticFilesStorage):
    """Off by default in Django, since it reads every script; ours import each other by relative names."""

    support_js_module_import_aggregation = True
