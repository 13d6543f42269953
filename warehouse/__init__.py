"""The store: everything that the pipeline keeps in one folder, and how it survives a crash.

Facts and marts are Delta tables, the small ones and what the pipeline must remember are in
state.db, and hve.duckdb shows one consistent version of both to every reader.

Reading order:
  tables/       the tables: columns, units, and where each is kept
  objects/      tables in an object store, and which folder owns them
  delta/        durable writes to them, and their active files
  schema        the version of what a store holds
  read_only     state.db where nobody may write to it
  state         state.db: coverage, dirty days, batches, quota, runs
  walks         what the walk of a tenant's accounts remembers: files of arrays beside the marts
  windows       windows of time that were read, and what they leave unread
  locks         one process per tenant reads, one builds
  commits       which commits of the tables state.db has acknowledged
  connection    DuckDB in memory, and a query over Parquet files
  small_tables  rows of the tables that state.db holds
  former_tables Delta tables of earlier releases, which state.db takes in
  store         the open store: Delta tables, state.db, DuckDB and locks together
  business_time which time is confirmed: nothing irreversible follows a wrong clock
  fleet         one row per tenant of all shards
  configured    the store that the configuration names
  shards        the stores of a configuration with several, and whose rows are where
  records/      what is written and read of each subject
  protection/   how personal data is stored
  privacy/      who is behind a pseudonym, removal of persons and of old rows, the audit log
  publication   the next version of hve.duckdb, put in the place of the last
  dictionary    what its tables and columns mean
  reading       a connection to the published version
  lookup/       which files of the message trace a search reads
  live          verdicts and plans since then, from state.db itself
  logins        logins of the dashboard that were ended before their time
  maintenance/  few files, whole tables, backups
"""
