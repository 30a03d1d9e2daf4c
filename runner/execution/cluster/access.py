"""The way to a scheduler: its address, whether that is safe, and the keys to it."""

import ipaddress
import logging
import re
import socket
import ssl
from dataclasses import dataclass

import distributed

from runner.errors import JobspecError, problem

_ADDRESS = re.compile(r"(?:(tls|tcp)://)?(\[[0-9A-Fa-f:.]+\]|[^:/\[\]\s]+):(\d{1,5})")
_PATIENCE_SECONDS = 10


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


def _parsed(access: Access) -> tuple[str, str, int]:
    """Return protocol, host and port; tcp where none is named, as for Dask.

    Raises JobspecError for what is no address, and for an open one that others may reach (--insecure allows it): a
    scheduler runs whatever code it is sent.
    """
    match = _ADDRESS.fullmatch(access.scheduler)
    if not match:
        raise JobspecError(problem("JS243", found=access.scheduler))
    protocol, host, port = match.groups()
    if protocol != "tls" and not access.insecure and not _loopback(host):
        raise JobspecError(problem("JS241", found=access.scheduler))
    return protocol or "tcp", host, int(port)


def connect(access: Access) -> distributed.Client:
    """Return a client of the scheduler. Raises JobspecError when none is there, or it does not let us in."""
    protocol, host, port = _parsed(access)
    logging.disable(logging.CRITICAL)  # what a person needs of it we say ourselves
    try:
        security = distributed.Security(**_keys(access), require_encryption=protocol == "tls")
        _knock(host.strip("[]"), port, _context(security) if protocol == "tls" else None)
        return distributed.Client(
            f"{protocol}://{host}:{port}",
            security=security,
            timeout=_PATIENCE_SECONDS,
            set_as_default=False,
            name="jobspec",
        )
    except (OSError, ValueError) as error:
        reason = str(error.__cause__ or error) or type(error).__name__
        raise JobspecError(problem("JS242", found=access.scheduler, reason=reason)) from None


def _context(security: distributed.Security) -> ssl.SSLContext:
    context: ssl.SSLContext | None = security.get_connection_args("client")["ssl_context"]
    if context is None:
        raise ValueError("TLS takes --tls-ca, --tls-cert and --tls-key, or Dask's own configuration of them")
    return context


def _knock(host: str, port: int, context: ssl.SSLContext | None) -> None:
    """Hear whether a scheduler speaks to us: a client of Dask's that it does not let in takes a minute to say so.

    Dask's side speaks first, and TLS 1.3 refuses a certificate no sooner than then. Raises OSError.
    """
    with socket.create_connection((host, port), _PATIENCE_SECONDS) as plain:
        line = context.wrap_socket(plain) if context else plain
        with line:
            if not line.recv(1):
                raise ConnectionResetError("it closes the connection")


def _keys(access: Access) -> dict[str, str]:
    named = {
        "tls_ca_file": access.ca,
        "tls_client_cert": access.certificate,
        "tls_client_key": access.key,
    }
    return {name: file for name, file in named.items() if file}
