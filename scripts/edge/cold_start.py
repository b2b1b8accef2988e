"""How long it takes from nothing to the first result, in milliseconds: import, pipeline, session, round trip."""

import sys
import time

began = time.perf_counter()
sys.path.insert(0, sys.argv[1])
from remotemedia import Pipeline  # noqa: E402

with Pipeline([lambda item: item]).session() as session:
    session.send(1)
    session.recv()
    print(f"{(time.perf_counter() - began) * 1e3:.3f}")
