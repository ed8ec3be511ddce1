"""An app with job types and a table for tests."""
