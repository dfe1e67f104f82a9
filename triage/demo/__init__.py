"""A clinic of invented patients to look around in. None is real; none is made outside development."""
