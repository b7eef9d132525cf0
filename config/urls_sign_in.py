"""Signing in, and what belongs to the person who has: the sign-in library's views that are in use, no other."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.conf import settings
from django.urls import path, re_path
from django.utils.translation import gettext_lazy as _

from applications.authentication.confirmation import confirmed
from applications.authentication.passkey_hosts import with_passkeys
from applications.panel.views import confirming, you

THROTTLE = {"tries": settings.SIGN_IN_TRIES, "minutes": settings.SIGN_IN_WAIT_MINUTES}

of_sign_in = [
    path("sign-in/", account.LoginView.as_view(extra_context=THROTTLE), name="account_login"),
    path("sign-in/second-factor/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/code/", account.confirm_login_code, name="account_confirm_login_code"),
    path("sign-in/passkey/", with_passkeys(webauthn.login_webauthn), name="mfa_login_webauthn"),
    path("sign-in/inactive/", account.account_inactive, name="account_inactive"),
    path("sign-in/new-password/", account.password_reset, name="account_reset_password"),
    path("sign-in/new-password/sent/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "sign-in/new-password/set/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^sign-in/new-password/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("sign-out/", account.logout, name="account_logout"),
]

set_up_app = confirmed(_("Set up an authenticator app"))(totp.activate_totp)
turn_off_app = confirmed(_("Turn off the authenticator app"))(totp.deactivate_totp)
show_codes = confirmed(_("Show your recovery codes"))(recovery_codes.view_recovery_codes)
make_codes = confirmed(_("Make new recovery codes"))(recovery_codes.generate_recovery_codes)
download_codes = confirmed(_("Download your recovery codes"))(recovery_codes.download_recovery_codes)
add_passkey = with_passkeys(confirmed(_("Add a passkey"))(webauthn.add_webauthn))
rename_passkey = confirmed(_("Rename a passkey"))(webauthn.edit_webauthn)
remove_passkey = confirmed(_("Remove a passkey"))(webauthn.remove_webauthn)

of_the_person = [
    path("you/", you.security, name="mfa_index"),
    path("you/password/", account.password_change, name="account_change_password"),
    path("you/password/first/", account.password_set, name="account_set_password"),
    path("you/authenticator/set-up/", set_up_app, name="mfa_activate_totp"),
    path("you/authenticator/remove/", turn_off_app, name="mfa_deactivate_totp"),
    path("you/recovery-codes/", show_codes, name="mfa_view_recovery_codes"),
    path("you/recovery-codes/new/", make_codes, name="mfa_generate_recovery_codes"),
    path("you/recovery-codes/file/", download_codes, name="mfa_download_recovery_codes"),
    path("you/passkeys/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("you/passkeys/add/", add_passkey, name="mfa_add_webauthn"),
    path("you/passkeys/<int:pk>/", rename_passkey, name="mfa_edit_webauthn"),
    path("you/passkeys/<int:pk>/remove/", remove_passkey, name="mfa_remove_webauthn"),
    path("you/confirm/", confirming.by_password, name="account_reauthenticate"),
    path("you/confirm/code/", confirming.by_code, name="mfa_reauthenticate"),
    path("you/confirm/passkey/", confirming.by_passkey, name="mfa_reauthenticate_webauthn"),
]

urlpatterns = of_sign_in + of_the_person
