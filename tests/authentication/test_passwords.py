"""How people's passwords are kept: slowly, which the other tests do without (tests/settings.py)."""

from config import settings as product


def test_a_password_gets_argon2() -> None:
    assert product.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"
