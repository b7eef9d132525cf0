"""The key that signs sessions and mailed links: without a good one the server does not start."""

from applications.rules.exit_codes import ExitCode
from config.end import end

SHORTEST = 32  # characters
FEWEST = 8  # different characters; 32 random hexadecimal digits have fewer once in some 100,000 times
SHORTEST_UNIT = 16  # characters, of a key that repeats itself
HOW = "Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"


def checked_key(key: str, name: str = "SECRET_KEY") -> str:
    """Return `key` when nobody can guess it. Ends the program with one sentence otherwise."""
    if not key:
        end(ExitCode.SETTINGS, f"{name} is not set. {HOW} All machines need the same one.")
    if len(key) < SHORTEST:
        end(ExitCode.SETTINGS, f"{name} is shorter than {SHORTEST} characters, so it can be guessed. {HOW}")
    if len(set(key)) < FEWEST or _unit(key) < SHORTEST_UNIT:
        end(ExitCode.SETTINGS, f"{name} repeats too few characters, so it can be guessed. {HOW}")
    return key


def _unit(key: str) -> int:
    """Return the length of the shortest part that makes the key when it is repeated, whole or cut off."""
    return next(size for size in range(1, len(key) + 1) if key[size:] == key[:-size])
