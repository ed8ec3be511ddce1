"""What a job costs in processor time, memory, log and disk, and what millions of them change."""
