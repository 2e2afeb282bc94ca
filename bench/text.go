package main

import (
	"math/rand/v2"
	"strings"
	"time"
)

// scenario is one kind of request, with the answer that the partner gives to it.
type scenario struct {
	name   string
	text   string        // what the user sends
	mark   string        // in the text of this scenario alone: the partner knows it by this
	form   string        // of the summary: the input's other fields, as JSON
	accept string        // what Landfall's client asks for; the baseline's always reads a stream
	chat   bool          // asked over the OpenAI-compatible front, as a stream
	chunks []string      // what the partner says
	pace   time.Duration // between two chunks
	over   []int         // connections: how many callers ask at once
	target float64       // the ratio of processor time not to be passed
}

// unit is what processor time is counted for: a stream with a pace costs by its
// events, whatever the time between them.
func (s scenario) unit() (string, int) {
	if s.pace > 0 {
		return "event", len(s.chunks)
	}
	return "request", 1
}

func (s scenario) answer() string { return strings.Join(s.chunks, "") }

// scenarios are the loads, in the order in which memory grows. The answers keep the
// contract of a summary: in the text's language, shorter than it, without a number
// that it lacks. One connection shows what a request costs by itself, 64 what it
// costs where records share their way to the disk, 256 what waiting callers hold.
func scenarios() []scenario {
	short := cut("Members of the allotment garden share tools, water and seeds, and meet in the shed to plan the beds.", 4)
	return []scenario{
		{
			name: "1kb", text: gardenText, mark: "allotment garden", accept: "application/json", over: []int{1, 64}, target: 1.6,
			form: `"type":"tldr","length":"short"`, chunks: short,
		},
		{
			name: "stream200", text: boatText, mark: "old ferry", accept: "text/event-stream", over: []int{1, 64}, target: 4,
			form:   `"type":"paragraph","length":"long"`,
			chunks: cut(boatAnswer, 200),
		},
		{
			name: "chat200", text: "Chatted about: " + boatText, mark: "Chatted about", chat: true, over: []int{1, 64}, target: 4,
			form:   `"type":"paragraph","length":"long"`,
			chunks: cut(boatAnswer, 200),
		},
		{
			name: "paced200", text: "Slowly told: " + boatText, mark: "Slowly told", accept: "text/event-stream", over: []int{64, 256}, target: 1.3,
			form: `"type":"paragraph","length":"long"`, pace: 10 * time.Millisecond,
			chunks: cut(boatAnswer, 200),
		},
		{
			name: "100kb", text: long(100 << 10), mark: "Told at length", accept: "application/json", over: []int{1, 64}, target: 5,
			form: `"type":"tldr","length":"short"`, chunks: short,
		},
	}
}

// long returns a text of about n bytes without saying anything twice in a row.
func long(n int) string {
	var b strings.Builder
	b.WriteString("Told at length: ")
	garden, boat := strings.SplitAfter(gardenText, ". "), strings.SplitAfter(boatText, ". ")
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strings.TrimSpace(garden[i%len(garden)]) + " " + strings.TrimSpace(boat[i*7%len(boat)]) + " ")
	}
	return b.String()
}

// cut divides an ASCII text into n pieces of about one length.
func cut(s string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = s[i*len(s)/n : (i+1)*len(s)/n]
	}
	return out
}

// The texts are made up, and plain: no number, no name, no sign outside ASCII. A
// check that finds nothing to do costs what it costs for most texts.

const gardenText = "The allotment garden behind the old mill belongs to everybody who looks after a bed in it. " +
	"Members keep spades, rakes and watering cans in the shed near the gate, and whoever takes a tool brings it back clean before dusk. " +
	"Rain is gathered from the roof of the shed in wide barrels, and in dry weeks the water is shared out so that young plants come before grown ones. " +
	"Seeds are saved in autumn, dried on sheets of paper, and put into small envelopes with the name of the plant and of the grower. " +
	"In spring all envelopes lie open on the long table, and members choose what they want to sow. " +
	"The paths between the beds are covered with bark, which keeps weeds down and shoes dry. " +
	"Once a month everybody meets in the shed to plan the beds, to settle who waters during holidays, and to decide what to mend. " +
	"Anyone who cannot come leaves a note on the board, and the others take it into account. " +
	"Guests are welcome, provided that they close the gate behind them and leave the frogs in the pond alone."

const boatText = "A group of neighbours has spent the winter repairing the old ferry that used to carry people across the lake. " +
	"The hull was lifted out of the water, scraped clean and left to dry under a roof of canvas. " +
	"Planks that had gone soft were taken out and replaced with oak from the sawmill on the hill, and every seam was filled with tarred rope. " +
	"The engine was beyond repair, so the group fitted an electric motor, which is quieter and leaves no oil in the reeds. " +
	"Children from the school painted the benches in bright colours, and a retired teacher carved a new sign for the bow. " +
	"Most of the material was given by workshops in the valley; the rest was paid for with cake sales and a concert in the barn. " +
	"When the ice is gone the ferry will be lowered into the lake again and tested with sandbags before anyone may board. " +
	"After that it will cross in the morning and in the evening, steered in turn by members of the group, and the ride will be free for those who live on the shore. " +
	"Visitors are asked to leave a small gift in the tin beside the jetty, which goes towards new paint and a cover for the cold season. " +
	"The group is still looking for helpers who can splice rope, sew canvas or keep the log."

const boatAnswer = "Neighbours spent the winter repairing the old ferry on the lake. " +
	"They lifted the hull out of the water, dried it under canvas, replaced soft planks with oak and filled the seams with tarred rope. " +
	"Because the engine was beyond repair, they fitted a quiet electric motor that leaves no oil in the reeds. " +
	"School children painted the benches, and a retired teacher carved the sign for the bow. " +
	"Workshops in the valley gave most of the material, while cake sales and a concert paid for the rest. " +
	"Once the ice is gone, the ferry will be tested with sandbags and then cross in the morning and in the evening, steered by members of the group. " +
	"People on the shore ride free, and visitors leave a small gift in the tin. " +
	"The group still needs helpers who splice rope, sew canvas or keep the log."

// words returns a list of n invented words, half of them in Latin letters and half
// in 汉字: the same ones in every run, and none that the texts hold.
func words(n int) []string {
	r := rand.New(rand.NewPCG(8460, 1000))
	seen := map[string]bool{}
	var out []string
	for len(out) < n {
		w := latinWord(r)
		if len(out)%2 == 1 {
			w = hanWord(r)
		}
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// latinWord joins three or four syllables and ends as no English word does.
func latinWord(r *rand.Rand) string {
	var b strings.Builder
	for range 3 + r.IntN(2) {
		b.WriteByte("bdfgklmprstvz"[r.IntN(13)])
		b.WriteByte("aeiou"[r.IntN(5)])
	}
	return b.String() + "q"
}

// hanWord joins names of trees and tools in an order that means nothing.
func hanWord(r *rand.Rand) string {
	signs := []rune("榆槐柳杉椴桦枫栎锯刨凿锤钳斧锉钻碗碟壶瓢筐篓篮筛")
	return string([]rune{signs[r.IntN(len(signs))], signs[r.IntN(len(signs))], signs[r.IntN(len(signs))]})
}
