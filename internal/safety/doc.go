// Package safety decides what may be shown. It holds the operator's list of
// words to an input before a model sees it, and turns a model's drafts into
// chunks: only this package can put content into a [Chunk].
//
// The text of a lane is cleared up to its frontier, the first character that
// could still belong to a listed word; what lies beyond is held. So a listed
// word is withheld from its first character, however the model cuts its text.
//
// Everything fails closed: without a compiled [Policy] nothing passes, and
// after a fault nothing more is shown.
package safety
