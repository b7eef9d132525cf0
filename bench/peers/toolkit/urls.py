"""The toolkit's own endpoints, and one view that its bearer check protects."""

from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.utils.module_loading import import_string

# By name: the toolkit lives in an environment of its own, where the checks of this project do not look.
protected_resource = import_string("oauth2_provider.decorators.protected_resource")


def _groups(request: HttpRequest) -> JsonResponse:
    """What a resource behind the toolkit's check answers."""
    return JsonResponse({"groups": []})


urlpatterns = [
    path("protected", protected_resource(scopes=["groups"])(_groups)),
    path("oauth/", include("oauth2_provider.urls")),
]
