// Package landfall is the vocabulary of Landfall and the rule that nothing is
// served that is not approved.
//
// A [Release] names everything that shapes an answer; its [Digest] is what an
// [Approval] signs; a [Gate] holds the authorities' pinned keys and turns a
// valid approval into a [Grant]; a grant mints a [Permit] for each attempt; and
// only a permit reaches a model. Text goes the other way: a partner yields
// [Draft]s, and only the safety policy can turn a draft into a chunk that may
// be shown.
//
// The package uses the standard library alone and does no I/O.
package landfall
