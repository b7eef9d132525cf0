"""Where the panel begins."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from applications.models import Membership, User


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Lead a member to an account of theirs; say what to do when they are in none."""
    memberships = Membership.objects.filter(user=cast(User, request.user)).order_by("account__name")
    if membership := memberships.first():
        return redirect("panel:applications", membership.account_id)
    return render(request, "panel/no_account.html")
