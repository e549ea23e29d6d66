"""What an agent wrote: one file per agent, bytes in, values out, no file access."""
