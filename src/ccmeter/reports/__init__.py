"""How an answer is laid out: one module for each report, and `formats/` with one for each way to write it."""
