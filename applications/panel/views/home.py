"""Where the panel begins."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from applications.models import Membership, User


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead a member to the account used last, or another of theirs; say what to do when they are in none."""
    if membership := Membership.objects.of_person(cast(User, request.user)).first():
        return redirect("panel:applications", membership.account_id)
    return render(request, "panel/no_account.html")
