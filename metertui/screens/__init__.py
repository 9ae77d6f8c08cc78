"""The Textual screens, a package a subject."""
