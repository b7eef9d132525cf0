"""The settings of the processes that tests talk to: the product's, less its slow password hash.

That people's passwords get Argon2 is tested on `config.settings`, and `tests/set_up` signs in with it.
"""

from config.settings import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
