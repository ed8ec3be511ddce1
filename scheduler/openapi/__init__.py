"""The API as an OpenAPI 3.1 document, made of URL confs, calls and job types."""
