"""Serves one model with llama.cpp's own server until standard input ends.

Standard input carries one line of JSON (the settings, with the token, which
therefore is in no process list) and then stays open as long as the parent
lives: its end is the parent's end, however it came. Standard output carries one
line of JSON, the address. The engine's own words go to standard error.
"""

import json
import os
import sys
import threading


def end_with_parent():
    while os.read(0, 4096):
        pass
    os._exit(0)


# Unbuffered, so that no byte after the line is lost to a buffer.
line = b""
while not line.endswith(b"\n"):
    byte = os.read(0, 1)
    if not byte:
        sys.exit("no settings")
    line += byte
settings = json.loads(line)
answer = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
threading.Thread(target=end_with_parent, daemon=True).start()

from xllamacpp import CommonParams, Server

p = CommonParams()
p.model.path = settings["path"]
p.model_alias = {settings["alias"]}
p.n_parallel = settings["parallel"]
p.n_ctx = settings["context"] * settings["parallel"]
p.cpuparams.n_threads = settings["threads"]
p.cpuparams_batch.n_threads = settings["threads"]
p.hostnames = ["127.0.0.1"]
p.port = 0
p.api_keys = [settings["token"]]
p.use_jinja = True
p.warmup = True
p.ui = False
p.endpoint_slots = False
p.cache_ram_mib = settings["cache_mib"]
server = Server(p)
print(json.dumps({"address": server.listening_address}), file=answer, flush=True)
threading.Event().wait()
