"""The way to a scheduler: its address, whether that is safe, and the keys to it."""

import ipaddress
import logging
import re
import ssl
from dataclasses import dataclass

import distributed

from runner.errors import JobspecError, problem

_ADDRESS = re.compile(r"(?:(tls|tcp)://)?(\[[0-9A-Fa-f:.]+\]|[^:/\[\]\s]+):(\d{1,5})")
_PATIENCE_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How to reach a scheduler. Files that are None are those of Dask's own configuration."""

    scheduler: str
    insecure: bool = False
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def checked(access: Access) -> str:
    """Return the address, with its protocol: tcp where none is named, as for Dask.

    Raises JobspecError for what is no address, and for an open one that others may reach (--insecure allows it): a
    scheduler runs whatever code it is sent.
    """
    match = _ADDRESS.fullmatch(access.scheduler)
    if not match:
        raise JobspecError(problem("JS243", found=access.scheduler))
    protocol, host, port = match.groups()
    if protocol != "tls" and not access.insecure and not _loopback(host):
        raise JobspecError(problem("JS241", found=access.scheduler))
    return f"{protocol or 'tcp'}://{host}:{port}"


def connect(access: Access) -> distributed.Client:
    """Return a client of the scheduler. Raises JobspecError when none is there, or it does not let us in."""
    address = checked(access)
    logging.disable(logging.CRITICAL)  # what a person needs of it we say ourselves
    try:
        return distributed.Client(
            address,
            security=distributed.Security(**_keys(access)),
            timeout=_PATIENCE_SECONDS,
            set_as_default=False,
            name="jobspec",
        )
    except (OSError, ssl.SSLError, TypeError, ValueError) as error:
        reason = str(error.__cause__ or error) or type(error).__name__
        raise JobspecError(problem("JS242", found=address, reason=reason)) from None


def _keys(access: Access) -> dict[str, object]:
    named = {
        "tls_ca_file": access.ca,
        "tls_client_cert": access.certificate,
        "tls_client_key": access.key,
    }
    return {name: file for name, file in named.items() if file} | {
        "require_encryption": access.scheduler.startswith("tls://")
    }
