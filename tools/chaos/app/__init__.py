"""An app with job types whose effects can be counted. Only the chaos settings install it."""
