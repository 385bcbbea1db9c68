"""The engine: turns a recipe into units and gets them done, on Ray or in this process, and starts the trainer.

recipe ─▶ sources ─▶ units ─▶ [execute | local] ─▶ receipts in the store ─▶ ledger

`ray` is imported here and nowhere else.
"""
