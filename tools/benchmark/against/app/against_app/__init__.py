"""The settings, the job types and the empty view with which each version is measured."""
