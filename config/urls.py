"""Every path of this server. Those of the API and OAuth come first; config/api_requests.py answers them."""

from django.urls import include, path
from django.views.generic import RedirectView

from applications.admin.site import site

urlpatterns = [
    path("", include("applications.oauth.urls")),
    path("", include("applications.api.urls")),
    path("", RedirectView.as_view(pattern_name="panel:home"), name="root"),
    path("panel/", include("applications.panel.urls")),
    path("panel/", include("config.urls_sign_in")),
    path("operator/", site.urls),
]

handler400 = "applications.panel.views.errors.bad_request"
handler403 = "applications.panel.views.errors.forbidden"
handler404 = "applications.panel.views.errors.not_found"
handler500 = "applications.panel.views.errors.server_error"
