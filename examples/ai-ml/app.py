"""Logistic regression, trained where the cache does not hold it yet: stands for any model that is slow to get."""
import os
import pathlib
import threading

import numpy
from fastapi import FastAPI, HTTPException

app = FastAPI()
cache = pathlib.Path(os.environ["MODEL_CACHE"], os.environ["MODEL_NAME"]).with_suffix(".npy")
model = None


def train():
    random = numpy.random.default_rng(1)
    x = random.normal(size=(2000, 2))
    y = (x.sum(axis=1) > 0).astype(float)
    weights = numpy.zeros(2)
    for _ in range(500):
        weights -= x.T @ (1 / (1 + numpy.exp(-x @ weights)) - y) / len(x)
    return weights


def load():
    global model
    if not cache.exists():
        partial = cache.with_suffix(".partial.npy")
        numpy.save(partial, train())
        partial.replace(cache)
    model = numpy.load(cache)


threading.Thread(target=load, daemon=True).start()  # the server answers at once, and is healthy once the model is there


@app.get("/health")
def health():
    return {"ready": model is not None}


@app.get("/predict")
def predict(a: float, b: float):
    if model is None:
        raise HTTPException(503, "the model is still being loaded")
    return {"positive": round(float(1 / (1 + numpy.exp(-numpy.array([a, b]) @ model))), 4)}
