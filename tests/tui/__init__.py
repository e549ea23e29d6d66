"""The screen, looked at and used: pilots and pictures."""
