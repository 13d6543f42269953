"""The shards of a configuration together: a process for each that works, one document of all.

Reading order:
  failures   what it means for the whole that a shard failed
  server     what the process of a shard does, and how it ends
  processes  a process for each shard that works
  runs       runs, readings and builds of all shards
  stores     something done in each store, one after the other
  readings   what each store says
  usage      usage rows of all shards
  incidents  incidents of all shards, and the shard that holds some of them
  traces     the shard that a search is about
  plans      announced sends of all shards
  readiness  findings of all shards
  privacy    acts about personal data in all shards
  upkeep     examinations, backups and the clock of all shards
  exports    files for other programs
"""
