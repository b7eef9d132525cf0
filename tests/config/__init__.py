"""Settings, and what they hold."""
