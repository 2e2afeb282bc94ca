package feature

import (
	"fmt"
	"slices"
	"strings"
)

// A translation is held to the script of its language: letters of other scripts
// cannot be written, but for what the source holds: names, code, addresses,
// placeholders. The notation is GBNF, that of llama.cpp.

// foreign are the letters that texts of a language do not hold, as a character class.
var foreign = map[string]string{
	"zh": `A-Za-z\u00C0-\u024F\u0370-\u06FF\u0E00-\u0E7F\u3040-\u30FF\uAC00-\uD7AF\uFF21-\uFF5A`,
	"ja": `A-Za-z\u00C0-\u024F\u0370-\u06FF\u0E00-\u0E7F\uAC00-\uD7AF\uFF21-\uFF5A`,
	"ko": `A-Za-z\u00C0-\u024F\u0370-\u06FF\u0E00-\u0E7F\u3040-\u30FF\u3400-\u9FFF\uFF21-\uFF5A`,
}

// foreignToLatin are those of the languages that are written in Latin letters, their
// marks included.
const foreignToLatin = `\u0370-\u06FF\u0E00-\u0E7F\u3000-\u30FF\u3400-\u9FFF\uAC00-\uD7AF\uF900-\uFAFF\uFF00-\uFFEF`

const (
	maxForced  = 3  // marks that a grammar can demand: their orders are written out
	maxAllowed = 24 // further ones it can let pass
)

// grammarOf holds one line to a language's script. Each of must stands in it, in any
// order, or in theirs where they are ordered, as tags are; may are let through.
func grammarOf(language string, must, may []string, ordered bool) string {
	class, known := foreign[language]
	if !known {
		class = foreignToLatin
	}
	if len(must) > maxForced && !ordered || len(must) > maxAllowed {
		must, may = nil, append(slices.Clone(must), may...)
	}
	var out strings.Builder
	out.WriteString("root ::= ")
	switch {
	case len(must) == 0:
		out.WriteString("c+")
	case ordered:
		out.WriteString("c* " + strings.Join(literals(must), " c* ") + " c*")
	default:
		out.WriteString("c* (" + strings.Join(orders(literals(must)), " | ") + ") c*")
	}
	fmt.Fprintf(&out, "\nc ::= [^\\n\\r%s]", class)
	for _, l := range literals(may[:min(len(may), maxAllowed)]) {
		out.WriteString(" | " + l)
	}
	return out.String()
}

// orders returns every order of a few literals, with any text between them.
func orders(list []string) []string {
	if len(list) == 1 {
		return list
	}
	var out []string
	for i, first := range list {
		rest := slices.Delete(slices.Clone(list), i, i+1)
		for _, tail := range orders(rest) {
			out = append(out, first+" c* "+tail)
		}
	}
	return out
}

// literals quotes texts for a grammar.
func literals(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		var b strings.Builder
		b.WriteByte('"')
		for _, r := range t {
			switch {
			case r == '"' || r == '\\':
				b.WriteString("\\" + string(r))
			case r < 0x20 || r == 0x7F:
				fmt.Fprintf(&b, "\\x%02X", r)
			default:
				b.WriteRune(r)
			}
		}
		b.WriteByte('"')
		out[i] = b.String()
	}
	return out
}
