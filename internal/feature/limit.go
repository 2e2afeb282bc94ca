package feature

import (
	"time"
	"unicode/utf8"

	"landfall/internal/pack"
)

// Work is what an answer costs a model: what limits are reckoned from.
type Work struct {
	// Split says that a long input is cut and asked for in parts, so that a person is
	// told of the progress and waits for longer.
	Split bool `json:"split,omitempty"`
	// Reads bounds the tokens that the model is given, however long the input, where
	// code picks them; 0 is all.
	Reads int `json:"reads,omitempty"`
	// Writes is about how many tokens the model writes whatever the input, and
	// WritesPerHundred for each hundred that it reads. Both 0: half of what the answer
	// is bound by.
	Writes           int `json:"writes,omitempty"`
	WritesPerHundred int `json:"writes_per_hundred,omitempty"`
}

// What a person waits for: an answer, and one to an input that is split.
const (
	patience      = 60 * time.Second
	splitPatience = 240 * time.Second
)

// leastLimit is offered on however slow a machine, in code points, and so is the
// feature's own example.
const leastLimit = 200

// Finishes returns the longest main input of a language, in code points, that a
// model of this speed answers in 60 s, or in 240 s where the input is split; 0 where
// that is no less than the feature's own limit, or the speed is not known. It is
// rounded down to two digits: the next measurement of the same machine is a little
// different, and every other limit is another release.
func (d Definition) Finishes(language string, s pack.Speed) int {
	if !s.Known() {
		return 0
	}
	read, write := float64(s.Read)/60, float64(s.Write)/60
	fixed, perToken := d.writes()
	within := patience
	if d.Work.Split {
		within = splitPatience
	}
	left := within.Seconds() - float64(d.promptTokens(language))/read - float64(fixed)/write
	cost := 1/read + perToken/write // seconds for each token of the input
	if d.Work.Reads > 0 && left >= float64(d.Work.Reads)*cost {
		return 0
	}
	perCode := d.tokensPerCode(language) * cost
	n := max(twoDigits(max(leastLimit, int(left/perCode))), d.exampleLength(language))
	if n >= d.Limits[language] {
		return 0
	}
	return n
}

// writes returns what the model writes whatever the input, and for each token read.
func (d Definition) writes() (fixed int, perToken float64) {
	if d.Work.Writes > 0 || d.Work.WritesPerHundred > 0 {
		return d.Work.Writes, float64(d.Work.WritesPerHundred) / 100
	}
	bound := d.Tokens.Base
	for _, s := range d.Sizes.Of {
		bound = max(bound, s.Tokens)
	}
	return bound / 2, min(1, float64(d.Tokens.PerHundred)/200)
}

// promptTokens are those of the longest prompt of a language, without the input.
func (d Definition) promptTokens(language string) int {
	most := 0
	for _, v := range d.Prompts {
		if v.Language != language {
			continue
		}
		n := 0
		for _, m := range v.Messages {
			n += EstimateTokens(m.Content)
		}
		most = max(most, n)
	}
	return most
}

// tokensPerCode is the estimate for a code point of a language's text, after the
// feature's own example.
func (d Definition) tokensPerCode(language string) float64 {
	text := textOf(d.Examples[language].Input, d.Main)
	if text == "" {
		return 1
	}
	return float64(EstimateTokens(text)) / float64(utf8.RuneCountInString(text))
}

func (d Definition) exampleLength(language string) int {
	return utf8.RuneCountInString(textOf(d.Examples[language].Input, d.Main))
}

// twoDigits rounds down: 1,234 to 1,200.
func twoDigits(n int) int {
	unit := 1
	for n/unit >= 100 {
		unit *= 10
	}
	return n / unit * unit
}
