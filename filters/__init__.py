"""Real video: decoded once in a killable child, split into shots, cut into clips, measured, augmented.

video file ─▶ decode_child ─▶ video ─▶ shots ─▶ cut ─▶ scores ─▶ floor ─▶ augment ─▶ products
"""
