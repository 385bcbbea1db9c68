"""The verbs of `v4s`, one file each: register the options, run it, return the exit status."""
