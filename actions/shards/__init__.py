"""The shards of a configuration together: a process for each, one document of all.

Reading order:
  server     what the process of a shard does, and how it ends
  processes  a process for each shard that works
  runs       runs, readings and builds of all shards
"""
