"""`python -m video4spatial.pipeline` is the command `v4s`."""

import sys

from video4spatial.pipeline.commands.main import main

sys.exit(main())
