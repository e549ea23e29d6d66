"""The live screen: what is used right now, what is left, and what it is spent on. The only room that knows Textual."""
