"""bin/chaos: breaks everything around running jobs, and counts what became of them.

It sees the service as a customer does, over HTTP, and reads the tables with SQL of its own: the
judge shares no code with what it judges.
"""
