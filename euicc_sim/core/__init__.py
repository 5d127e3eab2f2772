"""The eUICC at APDU level; sans-IO: commands in, responses out, everything else through ports."""
