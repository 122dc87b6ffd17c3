"""An error of a store becomes one line that says what is wrong and what to do.

The texts are those of the libraries themselves, of three stacks; that the libraries still write
them is tested against real servers in `tests.extract.stores`.
"""

from __future__ import annotations

import threading

import pytest

from extract.butler.store_errors import diagnose, explain, within
from extract.errors import NoAnswerError

REFUSED = "HTTPConnectionPool(host='h', port=1): Max retries exceeded (Caused by NewConnectionError"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("fe_sendauth: no password supplied", "db-auth.yaml"),
        ('FATAL:  password authentication failed for user "reader"', "password of user reader"),
        ('FATAL:  database "nodb" does not exist', 'no database "nodb"'),
        ("permission denied for schema dp2 LINE 2: FROM dp2.x", "may not read schema dp2"),
        (
            "(sqlite3.OperationalError) unable to open database file",
            "missing, or you may not read it",
        ),
        ("(sqlite3.DatabaseError) file is not a database", "SQLite file is damaged"),
        ("(sqlite3.DatabaseError) database disk image is malformed", "SQLite file is damaged"),
        ("(sqlite3.OperationalError) no such table: butler_attributes", "is not a Butler registry"),
        ("(sqlite3.OperationalError) disk I/O error", "cannot be read now"),
        ("(sqlite3.OperationalError) database is locked", "cannot be read now"),
        ("('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))", "TLS"),
        ("[Errno 13] Permission denied: '/repo/run/isr_metadata.json'", "ask its owner"),
        (REFUSED + ": [Errno 111] Connection refused", "connection refused"),
        ("Failed to resolve 'no.such.host' ([Errno -2] Name", "host name no.such.host is unknown"),
        ('could not translate host name "db.x" to address', "host name db.x is unknown"),
        ("SSLError(1, '[SSL: WRONG_VERSION_NUMBER] wrong version number')", "does not use TLS"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "not trusted"),
        ("Server of / does not implement webDAV protocol", "not a WebDAV server"),
        ("Unable to locate credentials", "AWS_ACCESS_KEY_ID"),
        ("Unexpected response to OPTIONS request to /: status 401 Unauthorized", "(401)"),
        ("Unexpected response to HTTP request OPTIONS http://h:1/: 401 Unauthorized", "(401)"),
        ("Unable to read resource http://h:1/x; status: 401 Unauthorized", "(401)"),
        ("An error occurred (403) when calling the GetObject operation: Forbidden", "(403)"),
        ("An error occurred (NoSuchBucket) when calling the GetObject", "no such bucket"),
        ("Caused by ResponseError('too many 503 error responses')", "reports an error (503)"),
        (
            "Config location file:///w/nolabel does not exist. "
            "(given 'nolabel' and known aliases: dp1, dp2)",
            "nolabel is neither a path nor a registered label; known labels: dp1, dp2",
        ),
        ("no file found at dav://h:1/repo/butler.yaml", "this is not a Butler repository"),
    ],
)
def test_an_error_of_a_whole_store_is_explained(said: str, meant: str) -> None:
    diagnosis = diagnose(OSError(said))
    assert meant in diagnosis.text
    assert "\n" not in diagnosis.text
    assert diagnosis.is_everywhere


@pytest.mark.parametrize(
    ("said", "is_unreachable"),
    [
        (REFUSED + ": [Errno 111] Connection refused", True),
        ("Failed to resolve 'no.such.host' ([Errno -2] Name", True),
        ("timed out: no answer within 15 s", True),
        ("Connection to h timed out. (connect timeout=60)", True),
        ("Unable to read resource http://h:1/x; status: 401 Unauthorized", False),
        ("An error occurred (403) when calling the GetObject operation: Forbidden", False),
        ("Caused by ResponseError('too many 503 error responses')", False),
        ("[Errno 13] Permission denied: '/repo/run/isr_metadata.json'", False),
        ("No such resource: s3://census/run/x.json", False),
    ],
)
def test_a_server_that_nobody_can_talk_to_is_told_from_one_that_answers(
    said: str, is_unreachable: bool
) -> None:
    assert diagnose(OSError(said)).is_unreachable == is_unreachable


@pytest.mark.parametrize(
    "said",
    [
        "No such resource: s3://census/run/isr_metadata/401/403/isr_metadata_401.json",
        "no file found at dav://h:1/visit/401/404.json",
        "Unable to read resource http://h:1/503/404.json; status: 404 Not Found",
        "[Errno 2] No such file or directory: '/repo/401/x.json'",
    ],
)
def test_a_missing_file_is_no_trouble_of_the_store_whatever_numbers_it_bears(said: str) -> None:
    diagnosis = diagnose(FileNotFoundError(said))
    assert diagnosis.text == "it is registered, but the file does not exist"
    assert not diagnosis.is_everywhere


def test_the_cause_of_an_error_is_looked_at() -> None:
    error = RuntimeError("something failed")
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    assert "connection refused" in explain(error)


def test_the_scheme_tells_which_credentials_to_look_at() -> None:
    error = ValueError("Unexpected response to OPTIONS request to /: status 401 Unauthorized")
    assert "LSST_RESOURCES_WEBDAV_CONFIG" in explain(error, "davs://h:1/x")
    assert "AWS_ACCESS_KEY_ID" in explain(error, "s3://census/x")


def test_an_error_that_nobody_foresaw_speaks_for_itself_in_one_line() -> None:
    assert explain(KeyError("first\nsecond")) == "KeyError: 'first\\nsecond'"
    assert explain(RuntimeError("first\n  second")) == "RuntimeError: first second"
    assert explain(RuntimeError()) == "RuntimeError"


def test_a_call_that_hangs_is_given_up() -> None:
    never = threading.Event()
    try:
        with pytest.raises(NoAnswerError, match="no answer within"):
            within(0.01, never.wait)
    finally:
        never.set()


def test_what_a_call_returns_or_raises_comes_through() -> None:
    assert within(5, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
