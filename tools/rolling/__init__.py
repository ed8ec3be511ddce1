"""A rolling deploy under load: an old version and this one beside one another, both ways."""
