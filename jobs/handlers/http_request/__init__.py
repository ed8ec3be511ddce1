"""The job type `http_request`: a call of an address that the settings allow."""
