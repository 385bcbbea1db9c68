"""How far two solutions of a clip may be apart: shared by the child that looks for two, and by the judgement.

agreement.py, estimate.py ─▶ [limits]
"""

MOST_APART_DEG, MOST_APART_SHARE, MOST_APART_FOCAL = 5.0, 0.05, 1.15
"""How far a second solution may be from the first: a frame's direction, the places in lengths of the path, and the
focal length, a factor."""
