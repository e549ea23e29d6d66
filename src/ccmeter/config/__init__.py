"""Where and how: the folders that ccmeter uses and a person's settings."""
