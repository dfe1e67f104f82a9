"""Backups that prove what they hold, and restoring that does everything or nothing (docs/recovery.md)."""
