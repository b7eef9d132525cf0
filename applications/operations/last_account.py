"""The account that a person used last: where signing in leads."""

from applications.models import Account, User


def remember_account(user: User, account: Account) -> None:
    """Keep that the person is in this account now; a write only when it was another one before."""
    if user.last_account_id != account.pk:
        User.objects.filter(pk=user.pk).update(last_account=account)
        user.last_account = account
