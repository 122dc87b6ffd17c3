"""Explain an error of a registry or a store in one line with a remedy.

Errors of a facility come from six libraries and are misleading: HTTP 401 is a
`FileNotFoundError` in one and a `ValueError` in another, and a server that is down
blocks its caller for half a minute.  This module knows the texts of these errors.
It knows nothing about Butlers, RUNs or rows.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from ..errors import NoAnswerError
from ..words import named

__all__ = [
    "ANSWER_LIMIT_S",
    "Diagnosis",
    "answered",
    "diagnose",
    "explain",
    "within",
]

_T = TypeVar("_T")

ANSWER_LIMIT_S = 15
"""Wall seconds to wait for a server; its clients would wait for minutes."""

Extent = Literal["file", "store", "server"]
"""Extent of a problem: one file, what this user reads of a store, all that a server has."""


@dataclass(frozen=True)
class Diagnosis:
    """What an error means."""

    text: str
    """One line: what is wrong and what to do."""

    extent: Extent
    """Extent of the problem: what else fails for the same reason."""

    @property
    def is_everywhere(self) -> bool:
        """Whether every other file of the same store also fails."""
        return self.extent != "file"

    @property
    def is_unreachable(self) -> bool:
        """Whether the server cannot be reached, for any user and any file."""
        return self.extent == "server"


@dataclass(frozen=True)
class _Rule:
    """A text that libraries write, and its meaning.

    Named groups of the pattern fill the text.
    """

    pattern: re.Pattern[str]
    text: str
    extent: Extent


_DATABASE_LOGIN = "in the file that LSST_DB_AUTH names (default ~/.lsst/db-auth.yaml)"
_STORE_LOGINS = {
    "s3": "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and S3_ENDPOINT_URL",
    "dav": "check the token or password in the file that LSST_RESOURCES_WEBDAV_CONFIG names",
    "davs": "check the token or password in the file that LSST_RESOURCES_WEBDAV_CONFIG names",
    "http": "check LSST_HTTP_AUTH_BEARER_TOKEN, or read the store through dav://",
    "https": "check LSST_HTTP_AUTH_BEARER_TOKEN, or read the store through davs://",
}
"""What the user checks when a store refuses, by the scheme of the URI."""

# The order matters: the first rule that matches an error, or a cause of it, is used.
_MEANINGS: tuple[tuple[str, str, Extent], ...] = (
    # Registries
    (
        r"no password supplied",
        f"the database needs a password, and none is set: add an entry for this server "
        f"{_DATABASE_LOGIN}",
        "store",
    ),
    (
        r'password authentication failed for user "(?P<user>[^"]*)"',
        f"the database refuses the password of user {{user}}: correct the entry "
        f"{_DATABASE_LOGIN}; without an entry, the name of your system user is used",
        "store",
    ),
    (
        r'FATAL:\s+(?P<what>(?:database|role) "[^"]*") does not exist',
        "the database server has no {what}: correct registry.db in butler.yaml",
        "store",
    ),
    (
        r"permission denied for (?P<what>(?:schema|table|relation|view|sequence|database) \S+)",
        "the database user may not read {what}: ask its owner to GRANT USAGE on the schema "
        "and SELECT on all its tables",
        "store",
    ),
    (
        r"unable to open database file",
        "the registry's SQLite file is missing, or you may not read it: restore it, ask "
        "its owner for permission, or correct registry.db in butler.yaml",
        "store",
    ),
    (
        r"file is not a database|disk image is malformed|no such table",
        "the registry's SQLite file is damaged, or is not a Butler registry: restore it from a "
        "copy, or correct registry.db in butler.yaml",
        "store",
    ),
    (
        r"sqlite3\.OperationalError\) (?:disk I/O error|database is locked)",
        "the registry's SQLite file cannot be read now: its disk or network file system has an "
        "error, or another program has locked it",
        "store",
    ),
    # Servers
    (
        r"(?:Failed to resolve '|could not translate host name \"|failed to resolve host '"
        r"|Could not connect to the endpoint URL: \".*Name or service not known)"
        r"(?P<host>[^'\"]*)",
        "the host name {host} is unknown: correct it, or check the name service (DNS)",
        "server",
    ),
    (
        r"connection refused|Could not connect to the endpoint URL",
        "connection refused: check that the server is up and that its address is right",
        "server",
    ),
    (
        r"timed out|timeout expired|Read timeout",
        "no answer in time: check that the server is up and reachable from this machine, that its "
        "certificate is trusted, and that this machine is not overloaded",
        "server",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "the server's certificate is not trusted: give the bundle of your certificate "
        "authorities, for dav(s):// as trusted_authorities in the file that "
        "LSST_RESOURCES_WEBDAV_CONFIG names, for https:// in LSST_HTTP_CACERT_BUNDLE "
        "(REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE override it)",
        "server",
    ),
    (
        r"WRONG_VERSION_NUMBER|record layer failure",
        "the server does not use TLS: write dav:// or http:// instead of davs:// or https://",
        "server",
    ),
    (
        r"Connection reset by peer|Remote end closed connection|Connection aborted",
        "the server closes the connection: check that it is up; if it uses TLS, write davs:// or "
        "https:// instead of dav:// or http://",
        "store",
    ),
    (
        r"does not implement webDAV",
        "the server is not a WebDAV server: write http(s):// instead of dav(s)://",
        "server",
    ),
    # Stores
    (
        r"Unable to locate credentials|config profile \(.*\) could not be found",
        "no credentials for the S3 store: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
        "or the profile that the URI names",
        "store",
    ),
    (
        # Not only the number: names of files have numbers of visits and patches, too.
        r"(?:status:? |: |\()401\b(?!/)|InvalidAccessKeyId|SignatureDoesNotMatch",
        "the store refuses the credentials (401): {login}",
        "store",
    ),
    (
        r"(?:status:? |: |\()403\b(?!/)|AccessDenied",
        "the store refuses access (403): ask for permission to read, and {login}",
        "store",
    ),
    (r"NoSuchBucket", "the S3 store has no such bucket: correct the URI", "store"),
    (
        r"too many (?P<status>5\d\d) error responses|\b(?P<other>5\d\d) "
        r"(?:Internal|Bad Gateway|Service|Gateway)",
        "the store reports an error ({status}{other}): try again later, or tell its operators",
        "store",
    ),
    # Repositories and files
    (
        r"\(given '(?P<label>[^'/:]+)' and known aliases: (?P<aliases>[^)]*)\)",
        "{label} is neither a path nor a registered label; known labels: {aliases}",
        "store",
    ),
    (
        r"\(given '(?P<label>[^'/:]+)' and no known aliases",
        "{label} is neither a path nor a registered label; no labels are known: set "
        "DAF_BUTLER_REPOSITORY_INDEX to your facility's index",
        "store",
    ),
    (
        r"Config location \S+ does not exist",
        "this path does not exist: correct the path of the repository",
        "store",
    ),
    (
        r"(?:No such file|No file found|No such resource|Unable to read resource)"
        r".*/butler\.yaml",
        "there is no butler.yaml, so this is not a Butler repository",
        "store",
    ),
    (
        # For one file this may be an accident. For all files, the owner did not give permission.
        r"Permission denied|PermissionError",
        "you may not read it: ask its owner for permission",
        "store",
    ),
    (
        r"(?:Parser|Scanner)Error: .*butler\.yaml",
        "its butler.yaml is not valid YAML: restore it from a copy",
        "store",
    ),
    (
        r"No such file|No file found|No such resource|Unable to read resource|NoSuchKey",
        "it is registered, but the file does not exist",
        "file",
    ),
)

_RULES = tuple(
    _Rule(re.compile(pattern, re.IGNORECASE), text, extent) for pattern, text, extent in _MEANINGS
)


def diagnose(error: BaseException, uri: str = "") -> Diagnosis:
    """Find what an error of a registry or a store means.

    Parameters
    ----------
    error : `BaseException`
        What was raised; its causes are examined, too.
    uri : `str`, optional
        What was read; its scheme decides which credentials the text names.

    Returns
    -------
    diagnosis : `Diagnosis`
        The meaning; for an unknown error its own text, shortened.
    """
    texts = [named(link) for link in _chain(error)]
    login = _STORE_LOGINS.get(uri.partition("://")[0], "check the credentials of the store")
    for rule in _RULES:
        for text in texts:
            if match := rule.pattern.search(text):
                groups = {name: value or "" for name, value in match.groupdict().items()}
                return Diagnosis(rule.text.format(login=login, **groups), rule.extent)
    return Diagnosis(texts[0][:300].removesuffix(": "), "file")


def explain(error: BaseException, uri: str = "") -> str:
    """Say in one line what an error means; see `diagnose`."""
    return diagnose(error, uri).text


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it, outermost first."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__


def within(limit_s: float, call: Callable[[], _T]) -> _T:
    """Call a function that may hang, and stop waiting after a limit.

    The clients of stores try several times, with pauses, before they report that a
    server is down.

    Parameters
    ----------
    limit_s : `float`
        Wall seconds to wait.
    call : `~collections.abc.Callable`
        The function.  After the limit it continues in a thread of its own, which
        does not stop the program from ending; its result is lost.

    Returns
    -------
    result : `object`
        What the function returned.

    Raises
    ------
    NoAnswerError
        Raised if the function takes longer than the limit.
    """
    outcome: list[_T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(call())
        except BaseException as error:  # Raised again in the thread of the caller.
            failure.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(limit_s)
    if failure:
        raise failure[0]
    if not outcome:
        raise NoAnswerError(f"timed out: no answer within {limit_s:g} s")
    return outcome[0]


def answered(call: Callable[[], _T]) -> _T:
    """Call a function that asks a server, and wait for it at most `ANSWER_LIMIT_S`."""
    return within(ANSWER_LIMIT_S, call)
