import os

import redis
from flask import Flask

app = Flask(__name__)
cache = redis.Redis(host=os.environ["CACHE_HOST"], password=os.environ["CACHE_PASSWORD"])


@app.get("/health")
def health():
    return {"cache": cache.ping()}


@app.get("/")
def index():
    return {"visits": cache.incr("visits")}
