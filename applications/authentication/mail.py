"""Mails to people who sign in. Each is sent after the answer, so that its duration does not show who has an account."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm, default_token_generator
from allauth.account.utils import filter_users_by_email, user_pk_to_url_str
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.tasks import task


@task()
def send(*, subject: str, body: str, sender: str, to: list[str]) -> None:
    """Send a mail that was drawn up while its request was answered."""
    EmailMessage(subject, body, sender, to).send()


@task()
def send_reset_link(*, email: str) -> None:
    """Mail a link to set a new password, if somebody has this email."""
    adapter = get_adapter()
    for user in filter_users_by_email(email, is_active=True, prefer_verified=True):
        uid, key = user_pk_to_url_str(user), default_token_generator.make_token(user)
        link = adapter.get_reset_password_from_key_url(f"{uid}-{key}")
        adapter.send_password_reset_mail(user, email, {"user": user, "password_reset_url": link})


class ForgottenPasswordForm(ResetPasswordForm):  # type: ignore[misc]  # the library has no types
    """Asks for the link. Whether there is such a person is looked up after the answer."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **_options: Any) -> str:
        """Let the link be mailed; return where to."""
        email: str = self.cleaned_data["email"]
        send_reset_link.enqueue(email=email)
        return email
