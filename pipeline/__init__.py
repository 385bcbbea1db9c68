"""The pipeline: what runs, stores, versions and reports. The parts that know 3D, video or diffusion stand beside it.

commands ─▶ engine ─▶ report ─▶ filters | sim_scenes | model ─▶ store ─▶ core

A package imports what stands to its right, never beside or to its left.
"""
