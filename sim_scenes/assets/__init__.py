"""The user's own objects and textures, as pieces and surfaces for generated rooms and houses.

folders ─▶ catalogue (plan) ─▶ library (worker) ─▶ Stock ─▶ furnish.py, finishes.py, palette.py
"""
