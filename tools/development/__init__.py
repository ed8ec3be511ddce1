"""What a developer's machine needs beside the service: servers, a mail sink, samples, checks."""
