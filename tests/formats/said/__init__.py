"""What a person says of a file beside it."""
