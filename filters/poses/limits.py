"""How far two solutions of a clip may be apart: shared by the child that looks for two, and by the judgement.

agreement.py, estimate.py ─▶ [limits]
"""

MOST_APART_DEG, MOST_APART_SHARE, MOST_APART_FOCAL = 2.5, 0.035, 1.15
"""How far a second solution may be from the first: the median of the frames' directions, the places in lengths of the
path, and the focal length, a factor. Less than the 5 degrees and 5 % that are promised, for both share part of their
error. A higher one accepts more wrong paths."""
MOST_FRAME_DEG = 5.0
"""A frame whose direction the two see farther apart gets no camera."""
