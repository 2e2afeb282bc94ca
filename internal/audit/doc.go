// Package audit records that a request was answered, under which approval and
// with what outcome, and never what was said.
//
// A record is two entries. The one that opens it is durable before the first
// byte of an answer leaves; the one that closes it, before the answer ends. What
// a crash leaves open, [Recover] closes as interrupted at the next start. Content
// stands in an entry only as a salted [Commitment].
//
// Entries are numbered from 1 without a gap, and their stored form is canonical:
// a later tree over the log takes the form as leaf and the number as position.
package audit
