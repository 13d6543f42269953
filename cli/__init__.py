"""The commands of `hve`, a module for each group; cli.main joins them.

Modules here do without `from __future__ import annotations`: typer would compile every annotation
of every command anew, twice, before it says a word.
"""
