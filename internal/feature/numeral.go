package feature

import (
	"math/big"
	"strings"
)

// number is a numeral read at a place.
type number struct {
	value *big.Rat
	end   int
	// style: digits (with or without 万), han, or word (English).
	style string
	// vague says that it may be a mere word: a single 汉字, or a unit alone.
	vague bool
	// digit holds the digits of a run like 三四 that are numerals each.
	each []int64
}

func (n number) integer() (int, bool) {
	if n.value == nil || !n.value.IsInt() || !n.value.Num().IsInt64() {
		return 0, false
	}
	v := n.value.Num().Int64()
	return int(v), v >= 0 && v < 1<<31
}

// longestNumeral bounds what is read as one number; a longer row of digits is cut.
const longestNumeral = 40

// readNumber reads the numeral at i, or returns a zero end.
func (s *scanner) readNumber(i int) number {
	switch r := s.rune(i); {
	case isDigit(r):
		return s.digits(i)
	case hanValue(r) >= 0 || hanUnit(r) > 0:
		return s.han(i)
	case r >= 'a' && r <= 'z' && !isLatin(s.rune(i-1)):
		return s.english(i)
	}
	return number{}
}

// digits reads 1,234.5 with what multiplies it: 万, k, million.
func (s *scanner) digits(i int) number {
	start := i
	var lit strings.Builder
	for isDigit(s.rune(i)) && i-start < longestNumeral {
		lit.WriteRune(s.r[i])
		i++
	}
	for i-start <= 3 || lit.Len() < i-start {
		if s.rune(i) != ',' || !isDigit(s.rune(i+1)) || !isDigit(s.rune(i+2)) || !isDigit(s.rune(i+3)) || isDigit(s.rune(i+4)) || i-start > longestNumeral {
			break
		}
		lit.WriteString(string(s.r[i+1 : i+4]))
		i += 4
	}
	if s.rune(i) == '.' && isDigit(s.rune(i+1)) {
		lit.WriteByte('.')
		for i++; isDigit(s.rune(i)) && lit.Len() < longestNumeral; i++ {
			lit.WriteRune(s.r[i])
		}
	}
	value, ok := new(big.Rat).SetString(lit.String())
	if !ok {
		return number{}
	}
	return s.multiplied(number{value: value, end: i, style: "digits"})
}

// multiplied applies 万 and the like, and adds a smaller part: 3万5千.
func (s *scanner) multiplied(n number) number {
	factor := int64(1)
	i := n.end
	for hanUnit(s.rune(i)) > 1 && i-n.end < 3 && !(s.rune(i) == '千' && strings.ContainsRune("米克瓦卡帕赫", s.rune(i+1))) {
		factor *= hanUnit(s.rune(i))
		i++
	}
	if i > n.end {
		n.value = new(big.Rat).Mul(n.value, big.NewRat(factor, 1))
		n.end = i
		if rest := s.rest(i, factor); rest.end > 0 {
			n.value, n.end = new(big.Rat).Add(n.value, rest.value), rest.end
		}
		return n
	}
	if s.rune(i) == 'k' && !isLatin(s.rune(i+1)) {
		n.value, n.end = new(big.Rat).Mul(n.value, big.NewRat(1000, 1)), i+1
		return n
	}
	j := s.spaces(i)
	for word, f := range englishFactors {
		if k := s.hasAny(j, word); k > 0 && j-i <= 1 {
			n.value, n.end = new(big.Rat).Mul(n.value, big.NewRat(f, 1)), j+k
			break
		}
	}
	return n
}

// rest reads the smaller part that follows a unit directly.
func (s *scanner) rest(i int, factor int64) number {
	if !isDigit(s.rune(i)) && hanValue(s.rune(i)) < 0 {
		return number{}
	}
	if s.depth > 6 { // 万亿, 千, 百, 十: parts of a number get smaller
		return number{}
	}
	s.depth++
	n := s.readNumber(i)
	s.depth--
	if n.end == 0 || n.value.Cmp(big.NewRat(factor, 1)) >= 0 || n.end == i+1 {
		return number{}
	}
	return n
}

var englishFactors = map[string]int64{"hundred": 100, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12, "bn": 1e9, "dozen": 12}

func hanValue(r rune) int64 {
	switch r {
	case '零', '〇':
		return 0
	case '一', '壹':
		return 1
	case '二', '两', '兩', '贰', '貳':
		return 2
	case '三', '叁', '參':
		return 3
	case '四', '肆':
		return 4
	case '五', '伍':
		return 5
	case '六', '陆', '陸':
		return 6
	case '七', '柒':
		return 7
	case '八', '捌':
		return 8
	case '九', '玖':
		return 9
	}
	return -1
}

func hanUnit(r rune) int64 {
	switch r {
	case '十', '拾':
		return 10
	case '百', '佰':
		return 100
	case '千', '仟':
		return 1000
	case '万', '萬':
		return 1e4
	case '亿', '億':
		return 1e8
	}
	return 0
}

// han reads 一万二千三百四十五, 二〇二六, 三点五.
func (s *scanner) han(i int) number {
	end := i
	units, values := 0, 0
	for end-i < longestNumeral && (hanValue(s.rune(end)) >= 0 || hanUnit(s.rune(end)) > 0) {
		if hanUnit(s.rune(end)) > 0 {
			units++
		} else {
			values++
		}
		end++
	}
	run := s.r[i:end]
	n := number{end: end, style: "han"}
	switch {
	case units > 0:
		n.value = new(big.Rat).SetInt(structured(run))
		n.vague = values == 0
	case len(run) == 2 && run[0] != '零' && run[0] != '〇' && s.rune(end) != '年' && s.rune(end) != '点':
		n.each = []int64{hanValue(run[0]), hanValue(run[1])}
		n.value, n.vague = big.NewRat(n.each[0], 1), true
	default:
		n.value = new(big.Rat).SetInt(positional(run))
		n.vague = len(run) == 1
	}
	return s.hanDecimal(n)
}

// hanDecimal reads 点五 after a numeral; 三点十分 and 三点五分 are times.
func (s *scanner) hanDecimal(n number) number {
	i := n.end
	if s.rune(i) != '点' && s.rune(i) != '點' || n.each != nil {
		return n
	}
	j := i + 1
	for hanValue(s.rune(j)) >= 0 && j-i < longestNumeral {
		j++
	}
	if j == i+1 || hanUnit(s.rune(j)) == 10 || s.rune(j) == '分' || s.rune(j) == '刻' {
		return n
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(j-i-1)), nil)
	n.value = new(big.Rat).Add(n.value, new(big.Rat).SetFrac(positional(s.r[i+1:j]), scale))
	n.end, n.vague = j, false
	return s.multiplied(n)
}

func positional(run []rune) *big.Int {
	v := new(big.Int)
	for _, r := range run {
		v.Mul(v, big.NewInt(10)).Add(v, big.NewInt(hanValue(r)))
	}
	return v
}

// structured reads 十百千万亿; a last digit right after 百 or more is of the next
// place: 三万五 is 35,000.
func structured(run []rune) *big.Int {
	total, section, digit, unit := new(big.Int), int64(0), int64(0), int64(0)
	for i, r := range run {
		switch u := hanUnit(r); {
		case u == 0:
			if digit = hanValue(r); digit == 0 {
				unit = 0
			}
			if i == len(run)-1 && unit >= 100 {
				digit *= unit / 10
			}
		case u < 1e4:
			section += max(digit, 1) * u
			digit, unit = 0, u
		default:
			section += digit
			switch part := big.NewInt(section); {
			case section > 0 && u == 1e8:
				total.Mul(total.Add(total, part), big.NewInt(u))
			case section > 0:
				total.Add(total, part.Mul(part, big.NewInt(u)))
			case total.Sign() > 0:
				total.Mul(total, big.NewInt(u))
			default:
				total.SetInt64(u)
			}
			section, digit, unit = 0, 0, u
		}
	}
	return total.Add(total, big.NewInt(section+digit))
}
