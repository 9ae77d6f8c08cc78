"""Keep the readings of one utility in one data folder, and answer questions about them.

The engine knows no socket, no screen and no event loop. Its packages form layers; docs/architecture.md draws them.
"""
