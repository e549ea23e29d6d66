"""Shows a notification on the desktop, with what the system has for that: the text is an argument, never a script.

Windows: the text reaches PowerShell in the environment, and a fixed script reads it there. Written by its documentation;
only `notify-send` has been run.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Final

from ccmeter.alerts import running
from ccmeter.alerts.message import TITLE, Undelivered
from ccmeter.domain.alerts import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ccmeter.alerts.message import Means, Message

NEEDS_TERMINAL = False
_TIMEOUT_S: Final = 10.0
_APPLESCRIPT: Final = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)
_TOAST: Final = """
$kind = [Windows.UI.Notifications.ToastTemplateType, Windows.UI.Notifications, ContentType = WindowsRuntime]::ToastText02
$toast = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]::GetTemplateContent($kind)
$lines = $toast.GetElementsByTagName('text')
$lines.Item(0).AppendChild($toast.CreateTextNode($env:CCMETER_ALERT_TITLE)) > $null
$lines.Item(1).AppendChild($toast.CreateTextNode($env:CCMETER_ALERT_TEXT)) > $null
$made = [Windows.UI.Notifications.ToastNotification]::new($toast)
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier('ccmeter').Show($made)
"""


def send(message: Message, means: Means) -> None:
    """Show it. Raises Undelivered."""
    text = plain(message.text)
    program, *arguments = words(sys.platform, text)
    found = shutil.which(program, path=means.environment.get("PATH"))
    if found is None:
        raise Undelivered(f"there is no {program}")
    told: Mapping[str, str] = {"CCMETER_ALERT_TITLE": TITLE, "CCMETER_ALERT_TEXT": text}
    running.run([found, *arguments], {**means.environment, **told}, timeout_s=_TIMEOUT_S)


def words(platform: str, text: str) -> list[str]:
    """Give the program of a system, and its arguments."""
    if platform == "darwin":
        script = [word for line in _APPLESCRIPT for word in ("-e", line)]
        return ["osascript", *script, "--", TITLE, text]
    if platform == "win32":
        return ["powershell", "-NoProfile", "-NonInteractive", "-Command", _TOAST]
    return ["notify-send", f"--app-name={TITLE}", "--", TITLE, text]
