"""Renderers: one interface (base.py), the embedded one on Warp kernels, and the choice between them."""
