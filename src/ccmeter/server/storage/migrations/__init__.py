"""Changes of the tables, in order, for both databases. They only ever add, so that an upgrade can be taken back."""
