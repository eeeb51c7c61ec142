"""A dictionary of small objects, and what JSON makes of a part of it."""

import json

rows = {}
for i in range(300_000):
    rows[str(i)] = [i, (i, i + 1), {"k": i}] if i % 7 == 0 else str(i) * 2
again = json.loads(json.dumps(list(rows.items())[:60_000]))
print(len(rows), len(again), sum(len(str(value)) for value in rows.values()))
