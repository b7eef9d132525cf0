"""Nothing that has the shape of a credential is in a line of the log, whatever way it came."""

import logging

import pytest

from applications.rules.credentials import new_credential
from config.logging import logging_to


@pytest.fixture
def formatter() -> logging.Formatter:
    """What turns records into the lines that the served product writes."""
    how = dict(logging_to("INFO")["formatters"]["json"])
    made: logging.Formatter = how.pop("()")(**how)
    return made


def test_a_credential_is_not_written(formatter: logging.Formatter) -> None:
    in_text, as_argument, in_error = (new_credential() for _number in range(3))
    logger = logging.getLogger("latchkey.tests")
    try:
        raise ValueError(f"not good: {in_error}")
    except ValueError as error:
        failed = (ValueError, error, error.__traceback__)
    message = f"kept out: {in_text}, %s"
    record = logger.makeRecord(logger.name, logging.ERROR, __file__, 1, message, (as_argument,), failed)
    line = formatter.format(record)
    assert "kept out" in line
    assert "not good" in line
    assert not [value for value in (in_text, as_argument, in_error) if value in line]
