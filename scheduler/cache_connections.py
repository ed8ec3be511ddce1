"""Connections of Django's cache, which the project has and the app `jobs` alone has not."""

from typing import Any

from django_redis.pool import ConnectionFactory

from jobs.broker.pool import connection_pool


class CacheConnections(ConnectionFactory):
    """To the same server as the broker's. The option PREFIX is what the keys begin with."""

    def get_connection_pool(self, params: dict[str, Any]) -> Any:
        options = {name: one for name, one in params.items() if name != "parser_class"}
        return connection_pool(options.pop("url"), self.options["PREFIX"], **options)
