"""Calls a running API in every way that its document allows, and in many that it does not."""
