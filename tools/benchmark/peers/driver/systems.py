"""Which module speaks to which system. Only one of them can be imported in each environment."""

from tools.benchmark.peers.driver.measured import MeasuredSystem


def measured_system(name: str) -> MeasuredSystem:
    """The system of that name; raises ImportError where its package is not."""
    match name:
        case "ours":
            from tools.benchmark.peers.driver.ours import Ours

            return Ours()
        case "graphile":
            from tools.benchmark.peers.driver.graphile import Graphile

            return Graphile()
        case "pgqueuer":
            from tools.benchmark.peers.driver.pgqueuer import PgQueuerSystem

            return PgQueuerSystem()
        case "procrastinate":
            from tools.benchmark.peers.driver.procrastinate import Procrastinate

            return Procrastinate()
        case "celery":
            from tools.benchmark.peers.driver.celery import CelerySystem

            return CelerySystem()
        case _:
            raise ValueError(name)
