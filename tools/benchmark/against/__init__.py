"""bin/benchmark --against: two versions of the code in short turns on the same servers."""
