"""Unseen, a bare GPU node with torch and diffusers could not train."""

import subprocess
import sys

BLOCKED = ("ray", "pyarrow", "webdataset", "decord", "av", "cv2", "scenedetect", "warp", "trimesh")

IMPORT_ALL = f"""
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({BLOCKED!r}))  # None: not installed
import video4spatial.model
names = [m.name for m in pkgutil.walk_packages(video4spatial.model.__path__, "video4spatial.model.")]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


def test_the_model_imports_with_torch_and_diffusers_alone() -> None:
    done = subprocess.run([sys.executable, "-c", IMPORT_ALL], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20
