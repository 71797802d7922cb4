"""An index in a folder: its files, and everything that reads and writes them."""
