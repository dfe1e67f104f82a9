"""A clinic of invented patients to look around in. Nothing here is real; nothing here runs outside development."""
