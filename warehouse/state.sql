-- state.db: what the pipeline must remember between runs. Times are ISO 8601 UTC texts of fixed
-- width, so that they sort; quota times are real epoch seconds.
pragma journal_mode = wal;
pragma synchronous = full;
pragma busy_timeout = 60000;

-- one row per tenant that was ever written
create table if not exists tenants (tenant text primary key, last_now text not null) strict;

-- one row per counter
create table if not exists counters (name text primary key, value integer not null) strict;

-- one row per tenant and UTC day whose marts are out of date; mark is below 0 while its facts change
create table if not exists dirty_days (
    tenant text not null, day text not null, mark integer not null, primary key (tenant, day)
) strict;

-- one row per window of an address that was read completely; windows of an address never touch;
-- those of a source with :postponed were left for its next reading
create table if not exists coverage (
    tenant text not null, source text not null, address text not null,
    from_utc text not null, to_utc text not null,
    primary key (tenant, source, address, from_utc)
) strict;

-- one row per address of a source: from when on its reading is meant to be complete
create table if not exists backfills (
    tenant text not null, source text not null, address text not null, from_utc text not null,
    primary key (tenant, source, address)
) strict;

-- one row per imported file: the UTC days of its first and its last row
create table if not exists file_spans (
    tenant text not null, first_day text not null, last_day text not null,
    primary key (tenant, first_day, last_day)
) strict;

-- one row per request against the tenant's message trace quota
create table if not exists quota_use (tenant text not null, at real not null) strict;
create index if not exists quota_use_by_time on quota_use (tenant, at);

-- one row per shared trace query that was tried: trusted (1) when its answer held every row that was
-- known before, refused (0) when it did not, brought rows of others or cost too much; epoch seconds
create table if not exists shared_queries (
    tenant text not null, sender text not null, is_trusted integer not null, at real not null,
    primary key (tenant, sender)
) strict;

-- one row per tenant whose closed days were tidied; real epoch seconds
create table if not exists upkeep (tenant text primary key, at real not null) strict;

-- one row per tenant: the prices and metering rules that its marts were built by
create table if not exists reference_versions (tenant text primary key, version text not null) strict;

-- one row per closed month of a tenant; the document is what the month was when it was closed
create table if not exists closed_months (
    tenant text not null, month text not null, closed_at text not null, document text not null,
    primary key (tenant, month)
) strict;

-- one row per tenant of many: what it spends this month, as known at a business time; basis is a
-- digest of the configuration that the document was computed by
create table if not exists tenant_money (
    tenant text primary key, at text not null, basis text not null, document text not null
) strict;

-- one row per budget threshold that was passed, and period; sent_at is null until somebody was notified
create table if not exists budget_alerts (
    budget text not null, period_start text not null, threshold real not null,
    passed_on text not null, noticed_at text not null, amount text not null, used text not null,
    currency text not null, sent_at text,
    primary key (budget, period_start, threshold)
) strict;

-- one row per finished run
create table if not exists runs (
    id integer primary key, started_at text not null, finished_at text not null, summary text not null
) strict;

-- one row per data file that was written: SHA-256 of its bytes, as hexadecimal text; that of
-- hve.duckdb is over its form too
create table if not exists checksums (path text primary key, sha256 text not null) strict;

-- one row per tenant and UTC day of which trace rows were lost; its marts stay until they are back
create table if not exists lost_days (
    tenant text not null, day text not null, primary key (tenant, day)
) strict;

-- one row per Delta table that was written: its last commit whose rows are on the disk
create table if not exists commits (name text primary key, version integer not null) strict;

-- one row per message and recipient whose events were requested and not fetched yet
create table if not exists event_requests (
    tenant text not null, trace_id text not null, recipient text not null, at text not null,
    primary key (tenant, trace_id, recipient)
) strict;

-- one row per incident or budget threshold that a target was notified of, as of its last message:
-- stage is opened, updated or resolved; count numbers the messages; paged_at is when it first went
-- out at once
create table if not exists alerts (
    tenant text not null, target text not null, key text not null, stage text not null,
    severity text not null, size integer not null, count integer not null, paged_at text,
    parts text not null, primary key (tenant, target, key)
) strict;

-- one row per message to a target. id is what receivers know a repetition by; state is held (waits for
-- due_at, business time), due, sent, joined (went out within a digest), failed (given up); times are
-- business ones but retry_at, epoch seconds of the real clock
create table if not exists outbox (
    number integer primary key, id text not null unique, tenant text not null, target text not null,
    key text not null, state text not null, due_at text not null, created_at text not null,
    message text not null, attempts integer not null default 0, retry_at real not null default 0,
    last_error text, sent_at text
) strict;
create index if not exists outbox_by_state on outbox (state, due_at);

-- one row per verdict on an incident, never changed: the newest one holds; times are business ones
create table if not exists verdicts (
    number integer primary key, incident text not null, tenant text not null, account text not null,
    kind text not null, started_at text not null, ended_at text, size integer not null,
    verdict text not null, reason text not null, author text not null,
    at text not null, expires_at text not null
) strict;
create index if not exists verdicts_by_incident on verdicts (incident, number);

-- one row per time that an incident was given to somebody, never changed: the newest one holds;
-- assignee is empty where nobody has it any more; at is business time
create table if not exists assignments (
    number integer primary key, incident text not null, tenant text not null,
    assignee text not null, author text not null, at text not null
) strict;
create index if not exists assignments_by_incident on assignments (incident, number);

-- one row per time that a step of an incident's runbook was ticked (is_done 1) or no longer (0), never
-- changed: the newest one of a step holds; step is its text as it was shown; at is business time
create table if not exists runbook_steps (
    number integer primary key, incident text not null, tenant text not null, step text not null,
    is_done integer not null, author text not null, at text not null
) strict;
create index if not exists runbook_steps_by_incident on runbook_steps (incident, number);

-- one row per announced send; scope is account, cost_center or all, accounts a JSON list, empty for
-- all; a removed one stays for the record
create table if not exists plans (
    id text primary key, tenant text not null, scope text not null, accounts text not null,
    starts_at text not null, ends_at text not null, recipients integer not null, note text not null,
    author text not null, created_at text not null, removed_at text, removed_by text
) strict;

-- one row per act that touches personal data, its reason and who did it; at is business time,
-- recorded_at the real clock; subject is what the login's provider knows the actor by, empty without a
-- login. Nothing in it names a person but the actor. digest, chain and rewritten: see audit_chain.py
create table if not exists audit (
    number integer primary key, at text not null, recorded_at text not null, who text not null,
    what text not null, target text not null, reason text not null, outcome text not null,
    subject text not null default '', digest text not null default '',
    chain text not null default '', rewritten text not null default ''
) strict;

-- at most one row: the last entry of the audit log and how many there are, sealed
create table if not exists audit_head (
    id integer primary key check (id = 1), number integer not null, entries integer not null,
    chain text not null, seal text not null
) strict;

-- one row per login that was ended before its time, by a hash of what its cookie says; epoch seconds
create table if not exists ended_logins (login text primary key, at real not null) strict;

-- at most one row: how personal data is kept in this store, and which outside key opens it
create table if not exists protection (
    id integer primary key check (id = 1), mode text not null, subjects text not null,
    fingerprint text not null
) strict;

-- one row per tenant: the key of its pseudonyms, sealed with the outside key
create table if not exists pseudonym_keys (tenant text primary key, sealed blob not null) strict;

-- one row per removal that has begun and may not have ended, so that the next run ends it; value is
-- what is erased (a pseudonym where the mode is pseudonymous), null for a purge
create table if not exists removals (
    number integer primary key, tenant text not null, value text, at text not null, who text not null,
    reason text not null
) strict;

-- one row per erased person: a keyed hash by which rows of that person, should a source bring them
-- again, are recognised and kept without the person; erased_at is business time
create table if not exists erased (
    tenant text not null, hash text not null, erased_at text not null, primary key (tenant, hash)
) strict;

-- one row per tenant whose old facts were purged: their days are never rebuilt
create table if not exists purged (tenant text primary key, facts_before text not null) strict;

-- Of releases that judged large tenants in turns; nothing reads or writes it any more.
create table if not exists judged_accounts (
    tenant text not null, account text not null, judged_until text not null, seen integer not null,
    due_from text, primary key (tenant, account)
) strict;

-- One row per table that no statement changed since its digest was taken (SHA-256 of its rows).
create table if not exists table_digests (name text primary key, digest text not null) strict;
