"""PostgreSQL on three nodes under Patroni, with three members of etcd: one node is the primary."""
