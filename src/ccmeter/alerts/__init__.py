"""Alerts: rules on limits and budgets, told once per episode, through the channels that a person chose."""
