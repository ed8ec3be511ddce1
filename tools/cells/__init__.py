"""Two cells behind HAProxy with the example of deploy/cells: how a call finds its cell."""
