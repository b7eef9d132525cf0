"""Addresses of the panel; one module of views a subject."""

from django.urls import include, path

from applications.panel.views import home

app_name = "panel"

of_application = []

of_account = [
    path("applications/<str:application_id>/", include(of_application)),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("<int:account_id>/", include(of_account)),
]
