// Package sqlite is the embedded store: the audit log and the apps, in one file
// of the data directory.
//
// A process that writes has two pools: one connection that writes, and a few
// that read and cannot do anything else. Transactions that write take the lock
// at their beginning, because a transaction that began by reading cannot be
// upgraded after another commit (SQLITE_BUSY_SNAPSHOT is not retried). The file
// is never mapped into memory. Queries use $1 … $n, integers for times and no
// function that PostgreSQL lacks, so that its twin can use the same text.
package sqlite
