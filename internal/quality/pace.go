package quality

import "time"

// pace foretells the end: what is left of each row at the row's own speed, or at
// that of all rows as long as it has none.
type pace struct {
	done, of int
	rows     map[*Row]*lap
	all      lap
}

type lap struct {
	left, asked int
	spent       time.Duration
}

func newPace(of int) *pace { return &pace{of: of, rows: map[*Row]*lap{}} }

// expect says how many answers of a row are still to be asked.
func (p *pace) expect(row *Row, n int) { p.rows[row] = &lap{left: n} }

// skip passes a task that is not asked.
func (p *pace) skip(row *Row) {
	p.done++
	p.rows[row].left = max(0, p.rows[row].left-1)
}

func (p *pace) took(row *Row, a Answer, kept bool) {
	if kept {
		p.done++
		return
	}
	p.skip(row)
	for _, l := range []*lap{p.rows[row], &p.all} {
		l.asked++
		l.spent += a.took()
	}
}

func (l *lap) mean() time.Duration { return l.spent / time.Duration(max(1, l.asked)) }

func (p *pace) left() time.Duration {
	var left time.Duration
	for _, l := range p.rows {
		mean := l.mean()
		if l.asked == 0 {
			mean = p.all.mean()
		}
		left += time.Duration(l.left) * mean
	}
	return left
}
