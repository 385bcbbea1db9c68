"""video4spatial: from 3D scenes and ordinary videos to a trained and evaluated spatial video diffusion model.

The four folders of the repository are the four packages of this distribution: `pipeline`, `sim_scenes`, `filters`
and `model`. Always import them from here; the bare names are second copies of the modules.
"""

__version__ = "0.1.0"
