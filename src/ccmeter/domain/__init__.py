"""What is true: values and rules that every room shares, written with the standard library only."""
