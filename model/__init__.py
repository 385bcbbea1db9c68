"""The video diffusion model, its trainer and its evaluation. Takes and returns arrays; needs torch and diffusers only.

clips ─▶ data ─▶ step (flow matching, joint drop) ─▶ trainer ─▶ Video4SpatialPipeline ─▶ evaluate

Nothing here imports ray, pyarrow, webdataset, decord, av or cv2: a bare GPU node with torch and diffusers runs it.
"""
