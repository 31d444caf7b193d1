"""A small application behind the server of `chamados serve`, with one thread and little patience."""

import sys

from flask import Flask, Response, request, send_file

from bridge.cli import server

app = Flask("small")


@app.get("/healthz")
def healthz() -> str:
    return "fine"


@app.get("/large")
def large() -> str:
    return "x" * 20_000_000


@app.get("/file")
def file() -> Response:
    return send_file(sys.argv[3])


@app.post("/read")
def read() -> str:
    request.max_content_length = 1_000_000
    return str(len(request.get_data()))


class Small(server.Server):
    def load(self) -> object:
        return app


server.THREADS = 1
server.SILENCE_SECONDS = int(sys.argv[2])
Small(None, host="127.0.0.1", port=int(sys.argv[1]), processes=1).run()  # type: ignore[arg-type]
