"""The version of the engine: part of every ranking, raised when any number of any ranking may change."""

ENGINE_VERSION = "1.1.0"
