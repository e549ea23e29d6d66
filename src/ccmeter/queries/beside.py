"""Asks in a thread, while this one asks on another connection, or makes something of an answer.

DuckDB works without holding the interpreter, so both take as long as the longer one. A connection takes one question at
a time: this thread leaves the one that is asked on alone. A cursor has none of the prices and views of its connection.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    from ccmeter.store.lease import Connection

_Answer = TypeVar("_Answer")
_AGAIN_S: Final = 0.02


class Beside(Generic[_Answer]):
    """A question that is being answered; at its end nothing of it runs any more, whatever happened meanwhile."""

    def __init__(self, connection: Connection, ask: Callable[[Connection], _Answer]) -> None:
        self._connection = connection
        self._ask = ask
        self._answer: _Answer
        self._error: BaseException | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the store: whoever waits for it must not wait for a thread as well."""
        pressed: KeyboardInterrupt | None = None
        while not self._is_over.is_set():
            try:
                if error is not None or pressed is not None:
                    self._connection.interrupt()  # which only reaches what is running just now
                self._is_over.wait(_AGAIN_S)
            except KeyboardInterrupt as again:  # a connection at work refuses to close
                pressed = again
        self._thread.join()  # its frames hold the connection, which must not outlive the interpreter
        if pressed is not None:
            raise pressed

    def answer(self) -> _Answer:
        """Wait for the answer. Raises what asking raised."""
        self._is_over.wait()
        if self._error is not None:
            raise self._error
        return self._answer

    def _run(self) -> None:
        try:
            self._answer = self._ask(self._connection)
        except BaseException as error:  # noqa: BLE001 - raised again by `answer`
            self._error = error
        finally:
            self._is_over.set()
