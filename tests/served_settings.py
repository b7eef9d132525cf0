"""The settings of the processes that tests talk to: the product's, less its slow password hash.

That people's passwords get Argon2 is tested on `config.settings`, and `tests/set_up` signs in with it.
"""

import sys

# A package that tools of the tests bring along, and the product does not have. `structlog` would load it into every
# process, and write tracebacks with it.
sys.modules["rich"] = None  # type: ignore[assignment]

from config.settings import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
