-- fleet.db: what the last look at each shard's store said of its tenants; made anew where it is lost.

-- one row per tenant: a document about it at a business time, which says the same until another one,
-- while the basis is the same (the version of its store and what the document was computed by)
create table if not exists tenants (
    tenant text primary key, basis text not null, at text not null, until text not null,
    document text not null
) strict;
