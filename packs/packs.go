// Package packs embeds the data that ships with the binary: markets, features,
// partners, the catalogue of local models and the words of the API's document. A
// folder laid over it replaces files one by one.
package packs

import "embed"

// Files holds the embedded packs, rooted at this folder.
//
//go:embed market feature partner docs models.yaml
var Files embed.FS
