"""Everything that can go wrong for a person, as one tree. Only `ccmeter.cli` prints these.

Each class has a code that scripts can match, an exit status and a hint that says what to do. Bad log data is never
an error: it is counted by reason and shown by `ccmeter doctor`.
"""


class CcmeterError(Exception):
    """Something a person can act on: what happened, then what to do."""

    code = "error"
    exit_status = 1
    hint = ""

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class UsageError(CcmeterError):
    """The command line asks for something impossible."""

    code = "usage"
    exit_status = 2


class ConfigError(CcmeterError):
    """The settings file cannot be used as it is."""

    code = "config"
    hint = "Correct the file, or move it away to run with the defaults."


class OutputError(CcmeterError):
    """A result could not be written."""

    code = "output"


class QueryError(CcmeterError):
    """A query of a person's own could not be answered."""

    code = "query"


class IngestError(CcmeterError):
    """Reading the logs was cut short."""

    code = "ingest"
    hint = "Run the command again: what was stored is kept, and reading goes on from there."


class ForeignError(CcmeterError):
    """What is to be imported cannot be used."""

    code = "import"
    hint = (
        "`ccmeter import` takes a copy of ~/.claude, a tar or zip of one, a file of `ccmeter backup`, "
        "or the output of `ccusage daily --json`."
    )


class StoreError(CcmeterError):
    """The store could not be used."""

    code = "store"


class StoreBusyError(StoreError):
    """Another process kept the store for longer than we wait."""

    code = "store-busy"
    hint = "Wait for that process to finish, or end it, and run the command again. Nothing was lost."


class StoreNewerError(StoreError):
    """The store was written by a newer ccmeter."""

    code = "store-newer"
    hint = "Update ccmeter (pip install -U ccmeter-cli), or point --data-dir at another folder."


class StoreCorruptError(StoreError):
    """The store's file is damaged."""

    code = "store-corrupt"


class StoreFullError(StoreError):
    """The disk has no room for the store to grow."""

    code = "disk-full"
    hint = "Free some space and run the command again; what was stored before is untouched."


class SyncError(CcmeterError):
    """Machines could not be brought to agree."""

    code = "sync"


class SealError(SyncError):
    """Something sealed does not open: wrong keys, wrong place, or it was changed."""

    code = "sync-seal"
    hint = "Nothing was taken from it. Is this device in another vault, or the server not to be trusted?"


class TamperError(SyncError):
    """The server shows something else than what the devices of the vault vouch for."""

    code = "sync-tamper"
    hint = "Nothing was sent. Ask whoever runs the server; another machine may show more by `ccmeter sync status`."


class CodecError(SyncError):
    """Something opened has a form that this version cannot read."""

    code = "sync-form"
    hint = "Another machine may run a newer ccmeter: update this one (pip install -U ccmeter-cli)."


class PhraseError(SyncError):
    """What was typed is no recovery phrase."""

    code = "sync-phrase"
    exit_status = 2


class PairingError(SyncError):
    """What was typed is no pairing code."""

    code = "sync-code"
    exit_status = 2
    hint = "`ccmeter sync pair` on a machine that syncs already prints a new one."
