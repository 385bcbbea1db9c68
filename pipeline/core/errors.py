"""Every error raised on purpose, as a tree.

V4SError
├── ConfigError      a setting or an input is wrong; found before any work starts; exit 2
├── SourceError      one input is broken; it costs that input alone
│   └── WorkerLost   its process was killed, ran out of time or memory; tried again before it counts
├── StorageError     the store cannot be read or written; stops the run, nothing done is lost; exit 1
├── RunFailed        the run as a whole did not reach its end; exit 1
└── NotAvailable     a part that is not installed here (a GPU, Habitat, weights) was asked for by name; exit 1

A message says what was expected, what was got and what to do, in one line.
"""


class V4SError(Exception):
    """The root: everything that is an expected way to fail."""

    exit_status = 1


class ConfigError(V4SError, ValueError):
    """A setting or a combination of settings is wrong. Also a ValueError, so that validators may raise it."""

    exit_status = 2


class SourceError(V4SError):
    """One input cannot be used. `reason` is the short word that ends in the ledger (`undecodable`, `no_video`)."""

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        """Keeps `reason` when the error crosses a process border."""
        return _rebuild, (type(self), str(self), self.reason)


class WorkerLost(SourceError):
    """The process that held this input died, hung or outgrew its memory: infrastructure until it repeats."""


class StorageError(V4SError):
    """The store cannot be read or written as it should."""


class RunFailed(V4SError):
    """The run ended without its result; what finished is kept and the same command goes on from there."""


class NotAvailable(V4SError):
    """A part that this machine does not have was asked for by name."""


def _rebuild(kind: type[SourceError], message: str, reason: str) -> SourceError:
    return kind(message, reason=reason)
