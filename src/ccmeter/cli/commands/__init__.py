"""The commands, one module each: `commands/<name>.py` with a function `<name>`, or a group of commands as `app`.

The folder is the registry. A module is loaded when its command runs or when help is asked for, so that a hundred
commands cost no more than one. A trailing underscore keeps a module's name from being a word of Python's own.
"""
