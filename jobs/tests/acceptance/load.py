"""Many jobs, submitted by eight calls at a time."""

from concurrent.futures import ThreadPoolExecutor

from jobs.tests.acceptance.client import Client

JOBS = 500


def submit(client: Client, job_type: str, seconds: float) -> list[str]:
    """Posts 500 jobs, eight calls at a time; returns their ids."""

    def post(number: int) -> str:
        job_id: str = client.add_job(job_type, {"text": f"note{number}", "seconds": seconds})["id"]
        return job_id

    with ThreadPoolExecutor(8) as threads:
        return list(threads.map(post, range(JOBS)))
