"""Tables of registers and of energy per interval in any shape."""
