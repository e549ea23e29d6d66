"""The store's schema, one numbered file per change; see `ccmeter.store.schema`."""
