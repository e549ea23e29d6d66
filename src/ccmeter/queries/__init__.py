"""What can be asked: one .sql file, typed rows and one function per question."""
