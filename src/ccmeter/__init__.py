"""ccmeter: what did I use, what did it cost, what is left?"""

__version__ = "0.1.0"
