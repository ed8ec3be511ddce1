"""An app for tests: job types, and a table for their effects."""
