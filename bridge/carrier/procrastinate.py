"""The carrier for many hosts: Procrastinate's workers on PostgreSQL, which tells them of each job at once."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from procrastinate import App, PsycopgConnector

from bridge.carrier.timers import Timers
from bridge.store import Store, jobs
from bridge.store.bells import bells

log = structlog.get_logger()

SWEEP_LIMIT = 500
"""Tickets brought by one sweep; the next one brings the rest."""
POLL_SECONDS = 1.0
"""Between looks for jobs that no notification told of."""
HEARTBEAT_SECONDS = 5.0
SILENCE = timedelta(seconds=20)
"""A worker not heard of for so long is taken for dead. Should it live, its leases still keep others away."""
AGAIN_SECONDS = 1.0


class ProcrastinateCarrier:
    """Runs `work(ticket_id)` for each job, `workers` at once in this process, one at a time for each ticket.

    Jobs are enqueued by the transactions that ring. What has none and is found by `find(limit)` gets one.
    """

    def __init__(
        self,
        store: Store,
        *,
        work: Callable[[int], object],
        find: Callable[[int], list[int]],
        workers: int,
        sweep_seconds: float = 1.0,
    ) -> None:
        self._store = store
        self._work = work
        self._find = find
        self._workers = workers
        self._timers = Timers()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="procrastinate", daemon=True)
        self._thread.start()
        self.every(SILENCE.total_seconds() / 4, self._drop_stalled)
        self.every(sweep_seconds, self.sweep)

    def wake(self, ticket_id: int) -> None:
        """Nothing is left to do: what rang the ticket has enqueued it, and PostgreSQL tells every worker."""

    def sweep(self) -> None:
        """Enqueue what deserves a look and has no job: after a crash or at a due time."""
        found = self._find(SWEEP_LIMIT)
        if found:
            with self._store.begin() as db:
                bells(db).tickets.update(found)

    def every(self, seconds: float, function: Callable[[], object]) -> Callable[[], None]:
        """Call `function` each so many seconds in this process; the answer calls it out of turn."""
        return self._timers.every(seconds, function)

    def stop(self) -> None:
        """Take no more work and let the work in hand end."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._timers.stop()
        self._thread.join()

    def _drop_stalled(self) -> None:
        """A job whose worker is dead would hold its ticket's lock for ever; the sweep brings another."""
        with self._store.begin() as db:
            dropped = jobs.drop_stalled(db, silence=SILENCE)
        if dropped:
            log.warning("jobs that nobody works on were dropped", count=dropped)

    def _run(self) -> None:
        # Plain functions run in the loop's default executor, whose size Procrastinate does not set.
        self._loop.set_default_executor(ThreadPoolExecutor(self._workers, thread_name_prefix="reconcile"))
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._keep_working())

    async def _keep_working(self) -> None:
        """A worker until `stop`; where the database fails it, another one a second later."""
        stopped = asyncio.create_task(self._stopping.wait())
        while not self._stopping.is_set():
            worker = asyncio.create_task(self._worker())
            await asyncio.wait({worker, stopped}, return_when=asyncio.FIRST_COMPLETED)
            worker.cancel()  # its way to be told: it ends when the jobs in hand have ended
            try:
                await worker
            except asyncio.CancelledError:
                return
            except Exception as error:
                log.warning("the worker lost the database", error=f"{type(error).__name__}: {error}")
            await asyncio.wait({stopped}, timeout=AGAIN_SECONDS)

    async def _worker(self) -> None:
        async with self._app().open_async() as app:
            await app.run_worker_async(
                queues=[jobs.QUEUE],
                concurrency=self._workers,
                fetch_job_polling_interval=POLL_SECONDS,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=SILENCE.total_seconds(),
                delete_jobs="always",
                install_signal_handlers=False,
            )

    def _app(self) -> App:
        url = self._store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        app = App(connector=PsycopgConnector(conninfo=url, min_size=1, max_size=4))
        app.task(name=jobs.TASK)(self._look)
        return app

    def _look(self, ticket_id: int) -> None:
        try:
            self._work(ticket_id)
        except Exception:
            # The lease runs out and the sweep brings the ticket again; this process goes on.
            log.exception("the engine failed", ticket=ticket_id)
