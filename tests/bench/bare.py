"""The measure: Flask with nothing in it."""

from flask import Flask, request

app = Flask("bare")


@app.post("/")
def answer() -> tuple[str, int]:
    request.get_data()
    return "ok", 202
