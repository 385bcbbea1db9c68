"""Camera poses of clips that came without any, estimated by pycolmap in a child process (docs/poses.md)."""
