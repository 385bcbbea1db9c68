"""Renderers: one interface (base.py), the embedded one on Warp kernels, and the choice between them."""

import warp as wp

# Before the first kernel is declared: forward only, and silence about the CUDA driver that is not needed.
wp.config.enable_backward = False
wp.config.quiet = True
wp.config.log_level = wp.LOG_ERROR
