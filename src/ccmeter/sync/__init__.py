"""How machines agree: keys, cipher, a pure plan, and the engine that talks to a remote. Off unless a person asks for it."""
