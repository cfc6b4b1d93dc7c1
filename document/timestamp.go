package document

import (
	"fmt"
	"time"
)

// ParseTimestamp reads RFC 3339 and the forms SQL users write: a date, a date
// and a time divided by a space or a T, seconds and fraction optional, with Z, an offset or
// nothing, which is UTC.
func ParseTimestamp(s string) (Value, error) {
	t, ok := parseTime(s)
	if !ok {
		return Value{}, fmt.Errorf("%q is not a timestamp: expected a form such as 2006-01-02 15:04:05 or 2006-01-02T15:04:05Z", clip(s))
	}
	return Timestamp(t)
}

// ReadTimestamp is ParseTimestamp for those whom the reason does not concern: most strings that
// are compared are no timestamps, and an error costs more than finding that out.
func ReadTimestamp(s string) (Value, bool) {
	t, ok := parseTime(s)
	if !ok {
		return Value{}, false
	}
	v, err := Timestamp(t)
	return v, err == nil
}

// parseTime is one pass over the text: a string that is no timestamp, the usual
// case in comparisons, is refused at its first wrong byte.
func parseTime(s string) (time.Time, bool) {
	in := timeText{s: s, ok: true}
	year := in.number(4)
	in.skip('-')
	month := in.number(2)
	in.skip('-')
	day := in.number(2)
	if !in.ok || year == 0 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return time.Time{}, false
	}
	var hour, minute, second, nanos, offset int
	if in.at < len(s) {
		if s[in.at] != ' ' && s[in.at]|0x20 != 't' {
			return time.Time{}, false
		}
		in.at++
		hour = in.number(2)
		in.skip(':')
		minute = in.number(2)
		if in.has(':') {
			second = in.number(2)
			if in.has('.') {
				nanos = in.fraction()
			}
		}
		offset = in.zone()
	}
	if !in.ok || in.at != len(s) || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, hour, minute, second-offset, nanos, time.UTC), true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// timeText is a cursor; ok turns false at the first thing that does not fit.
type timeText struct {
	s  string
	at int
	ok bool
}

func (t *timeText) number(digits int) (n int) {
	if t.at+digits > len(t.s) {
		t.ok = false
	}
	for i := 0; i < digits && t.ok; i++ {
		c := t.s[t.at] - '0'
		if c > 9 {
			t.ok = false
			return 0
		}
		n = n*10 + int(c)
		t.at++
	}
	return n
}

func (t *timeText) has(c byte) bool {
	if t.ok && t.at < len(t.s) && t.s[t.at] == c {
		t.at++
		return true
	}
	return false
}

func (t *timeText) skip(c byte) {
	if !t.has(c) {
		t.ok = false
	}
}

// fraction reads digits as nanoseconds; what is finer is cut off.
func (t *timeText) fraction() (nanos int) {
	begin, scale := t.at, 100_000_000
	for t.at < len(t.s) && t.s[t.at]-'0' <= 9 {
		nanos += int(t.s[t.at]-'0') * scale
		scale /= 10
		t.at++
	}
	t.ok = t.ok && t.at > begin
	return nanos
}

// zone reads Z, +hh, +hh:mm, +hhmm or nothing, and returns seconds east of UTC.
func (t *timeText) zone() int {
	if !t.ok || t.at == len(t.s) || t.has('Z') || t.has('z') {
		return 0
	}
	sign := 1
	if t.has('-') {
		sign = -1
	} else {
		t.skip('+')
	}
	hours, minutes := t.number(2), 0
	if t.ok && t.at < len(t.s) {
		t.has(':')
		minutes = t.number(2)
	}
	if hours > 23 || minutes > 59 {
		t.ok = false
	}
	return sign * (hours*3600 + minutes*60)
}

// AppendTimestamp appends a timestamp in RFC 3339 form, in UTC, with as many
// digits of a fraction as it has.
func AppendTimestamp(dst []byte, v Value) []byte {
	return v.AsTime().AppendFormat(dst, time.RFC3339Nano)
}
