"""Where finished work lives: shards, receipts, tables, immutable dataset versions, and the reader over them.

stage ─▶ Store.write_unit ─▶ shard + index + receipt ─▶ Store.publish ─▶ version ─▶ Version.reader ─▶ trainer

What is in a file: docs/format.md. The facade is `store.py`; `video.py` holds the codecs.
"""
