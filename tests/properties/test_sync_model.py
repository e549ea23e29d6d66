"""Machines, a server and a network that do their worst, in any order, and everybody agrees at the end: in memory."""

from __future__ import annotations

from support.syncing.model import Syncing, cruel

TestSyncing = Syncing.TestCase
TestSyncing.settings = cruel(300)
