"""The pages of the server: one module per part of the protocol, each with a `router` over the service."""
