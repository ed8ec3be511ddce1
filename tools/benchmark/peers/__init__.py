"""Other job queues, measured beside this one in short turns of one run."""
