"""What screens are made of: drawings on Textual's line API, which depend on no chart library."""
