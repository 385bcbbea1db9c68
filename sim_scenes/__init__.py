"""Simulation: 3D scenes, walks through them, and the renderers that turn both into posed sequences."""
