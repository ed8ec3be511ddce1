"""The PostgreSQL of bin/chaos where it is three nodes under Patroni."""

from tools.chaos.options import POSTGRESQL_KINDS
from tools.servers.patroni.group import PatroniGroup

_, SYNCHRONOUS, ASYNCHRONOUS = POSTGRESQL_KINDS


class PostgresGroup(PatroniGroup):
    """The group, with what bin/chaos does to one server and to several alike."""

    def make_empty_database(self) -> None:
        """Nothing: a group is new with each run."""
