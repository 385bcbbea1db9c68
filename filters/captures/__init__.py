"""Posed captures: footage whose cameras somebody has measured, read from the formats that people keep it in."""
