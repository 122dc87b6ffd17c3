"""Describe a repository for the tests, and put its files into a store."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from wsgidav.fs_dav_provider import FilesystemProvider
from wsgidav.wsgidav_app import WsgiDAVApp

from tests.extract.stores.servers import Doorman

__all__ = ["Repository", "configure_elsewhere", "webdav_app"]


@dataclass(frozen=True)
class Repository:
    """A repository that a campaigns file can name."""

    name: str
    """What stands behind ``repository:``: a path, a URI or a label."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables that the user sets to reach it."""
    store: str = ""
    """Root of its datastore, where that is a server."""
    doorman: Doorman | None = None
    """The layer in front of its store, where that is a server."""


def configure_elsewhere(local: Repository, datastore_root: str, folder: Path) -> Path:
    """Write a configuration whose registry is a SQLite file and whose datastore is a server."""
    shutil.copy(Path(local.name) / "gen3.sqlite3", folder / "gen3.sqlite3")
    config = yaml.safe_load((Path(local.name) / "butler.yaml").read_text())
    config["registry"]["db"] = f"sqlite:///{folder / 'gen3.sqlite3'}"
    config["datastore"]["root"] = datastore_root
    path = folder / "butler.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def webdav_app(folder: Path, *, readonly: bool = True) -> WsgiDAVApp:
    """Make a WebDAV server that shows a folder, and lets nobody change it if it is read-only."""
    return WsgiDAVApp(
        {
            "provider_mapping": {"/": FilesystemProvider(str(folder), readonly=readonly)},
            "simple_dc": {"user_mapping": {"*": True}},
            "logging": {"enable": False},
            "verbose": 0,
        }
    )
