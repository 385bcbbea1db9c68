"""The words every other package shares: sequences, cameras, units, settings, seeds, errors. NumPy only."""
